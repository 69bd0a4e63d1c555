# SPDX-License-Identifier: MIT
"""Creates a site to try sendprofile with, and serves it."""

import os
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

from .common import CommandError, command_errors, folder_option
from .import_mbox import import_folder
from .serve import serve_folder, with_options

#: Every demo has the same community.
_SEED: Final = 20


def run(options: Namespace) -> None:
    """Create a site with the invented community, or with archives, and serve it."""
    with command_errors():
        folder = SiteFolder(options.folder or Path(tempfile.mkdtemp(prefix="sendprofile-demo-")))
        if folder.has_site:
            hint = (
                f"serve it with: {program('sendprofile-site')} serve {folder_option(folder.path)}"
            )
            raise CommandError(f"{folder.path} has a site already; {hint}", os.EX_CANTCREAT)
        # On a terminal the log would be mixed with the output of sendprofile.
        options.log_level = options.log_level or "warning"
        # The environment is ignored: it may name a real database.
        settings = with_options(folder.read_settings({}), options)
        if options.data is None:
            create_site(folder, lambda connection: seed_demo(connection, now(), _SEED)).dispose()
        else:
            create = partial(create_site, folder, lambda _connection: None)
            import_folder(folder, options.data, create, keep_addresses=False)
        serve_folder(folder, settings, options.ready_file, None)
