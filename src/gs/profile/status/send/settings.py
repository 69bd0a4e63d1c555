# SPDX-License-Identifier: MIT
"""All that a run is told by its command line and its configuration file, in one frozen value."""

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

from .errors import UsageError
from .gsconfig import read_token
from .siteurl import SiteUrl
from .token import Token


@dataclass(frozen=True, slots=True)
class Settings:
    """What to do: *throttle* and *timeout* are seconds; *cacert* is ``None`` for the system's."""

    site: SiteUrl
    token: Token
    verbose: bool
    throttle: float
    max_unknown: int
    timeout: float
    cacert: Path | None

    @classmethod
    def of(cls, options: Namespace) -> "Settings":
        """Return the settings that *options* and the file that they name make.

        Raises :class:`UsageError` and :class:`ConfigError`.
        """
        return cls(
            site=SiteUrl.parse(options.url),
            cacert=_readable(options.cacert),
            token=read_token(options.config, options.instance),
            verbose=options.verbose,
            throttle=options.throttle,
            max_unknown=options.max_unknown,
            timeout=options.timeout,
        )


def _readable(file: str | None) -> Path | None:
    if file is None:
        return None
    try:
        Path(file).read_bytes()
    except OSError as error:
        raise UsageError(
            f"The file of --cacert cannot be read: {file}: {error.strerror}"
        ) from error
    return Path(file)
