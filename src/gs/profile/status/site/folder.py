# SPDX-License-Identifier: MIT
"""The folder of a site: which file is what in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .config import SiteConfig, read_config


@dataclass(frozen=True, slots=True)
class SiteFolder:
    """A folder with a site, or for one."""

    path: Path

    @property
    def database(self) -> Path:
        """The SQLite database, where the site has no other."""
        return self.path / "site.sqlite3"

    @property
    def config(self) -> Path:
        """The configuration file of the sender."""
        return self.path / "gsconfig.ini"

    @property
    def settings(self) -> Path:
        """The settings of the site."""
        return self.path / "site.toml"

    @property
    def maildir(self) -> Path:
        """The Maildir folder."""
        return self.path / "Maildir"

    @property
    def lock(self) -> Path:
        """The file that the process holds which founds the site, or serves it from SQLite."""
        return self.path / "site.lock"

    @property
    def scaffold(self) -> Path:
        """The folder in which the site is made: it is gone when the site is whole."""
        return self.path / ".founding"

    @property
    def has_site(self) -> bool:
        """Whether there is a site in the folder, and a whole one."""
        # One that an earlier version made has no settings.
        made = self.settings.exists() or self.database.exists()
        return made and not self.scaffold.exists()

    def read_config(self, environment: Mapping[str, str]) -> SiteConfig:
        """Return what is set for the site; raises :exc:`~.config.ConfigError`."""
        return read_config(self.settings, self.database, environment)
