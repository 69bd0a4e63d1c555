# SPDX-License-Identifier: MIT
"""Makes a site to try sendprofile with, and serves it."""

import tempfile
from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import Final

from gs.profile.status.site.app import now
from gs.profile.status.site.ingest.demo import seed_demo
from gs.profile.status.site.installation import program
from gs.profile.status.site.instance.create import create_site
from gs.profile.status.site.instance.folder import SiteFolder

from .common import EX_CANTCREAT, CommandError, command_errors, folder_option
from .import_mbox import fill
from .serve import serve_folder, with_options

#: The community is the same in every demo.
_SEED: Final = 20


def run(options: Namespace) -> None:
    """Make a site with an invented community, or with archives, and serve it."""
    with command_errors():
        folder = SiteFolder(options.folder or Path(tempfile.mkdtemp(prefix="sendprofile-demo-")))
        if folder.has_site:
            hint = f"{program('sendprofile-site')} serve {folder_option(folder.path)}"
            raise CommandError(f"{folder.path} has a site already; {hint}", EX_CANTCREAT)
        # Whatever the environment says: a demo has nothing to do with a real database.
        # On a terminal its log would stand between what sendprofile says.
        options.log_level = options.log_level or "warning"
        config = with_options(folder.read_config({}), options)
        if options.data is None:
            create_site(folder, lambda connection: seed_demo(connection, now(), _SEED)).dispose()
        else:
            made = partial(create_site, folder, lambda _connection: None)
            fill(folder, options.data, made, keep_addresses=False)
        serve_folder(folder, config, options.ready_file, None)
