# SPDX-License-Identifier: MIT
"""The folder of a site: its database, the sender's configuration, the mails handed over."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_CONFIG: Final = """\
# What sendprofile needs to know of the site in this folder. The token is a secret.
[config-default]
webservice = default

[webservice-default]
token = {token}
"""


@dataclass(frozen=True, slots=True)
class SiteFolder:
    """A folder with a site, or for one."""

    path: Path

    @property
    def database(self) -> Path:
        """The SQLite database."""
        return self.path / "site.sqlite3"

    @property
    def config(self) -> Path:
        """The configuration file of the sender."""
        return self.path / "gsconfig.ini"

    @property
    def maildir(self) -> Path:
        """The Maildir folder."""
        return self.path / "Maildir"

    @property
    def lock(self) -> Path:
        """The file that the process holds which serves the site."""
        return self.path / "site.lock"

    @property
    def has_site(self) -> bool:
        """Whether there is a site in the folder."""
        return self.database.exists()

    def prepare(self, token: str) -> None:
        """Make the folder and what is in it, for nobody but their owner to read."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_private(self.config, _CONFIG.format(token=token))
        _write_private(self.database, "")


def _write_private(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
