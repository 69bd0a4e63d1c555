# SPDX-License-Identifier: MIT
"""What the commands share: the site they are about, messages, errors and exit codes."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Final, TextIO
from urllib.parse import urlsplit

from gs.profile.status.hooks import Period
from gs.profile.status.site.ingest.archives import BrokenArchiveError
from gs.profile.status.site.installation import program
from gs.profile.status.site.instance import (
    ServiceSettings,
    SettingsError,
    SiteSettings,
    find_exposed,
    is_url,
)
from gs.profile.status.site.instance.folder import FolderLockedError, SiteFolder
from gs.profile.status.site.store.database import (
    DATABASE_ERRORS,
    DatabaseURLError,
    Engine,
    NotOurDatabaseError,
    open_database,
    reason_of,
)

# As sysexits.h has them.
EX_USAGE: Final = 64
EX_DATAERR: Final = 65
EX_NOINPUT: Final = 66
EX_NOUSER: Final = 67
EX_UNAVAILABLE: Final = 69
EX_CANTCREAT: Final = 73
EX_IOERR: Final = 74
EX_TEMPFAIL: Final = 75
EX_CONFIG: Final = 78


class CommandError(Exception):
    """What was wrong, and what to do about it; *code* is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def command_errors() -> Iterator[None]:
    """Turn the faults of files, settings and databases into :exc:`CommandError`."""
    try:
        yield
    except (SettingsError, NotOurDatabaseError) as error:
        raise CommandError(str(error), EX_CONFIG) from error
    except DatabaseURLError as error:
        raise CommandError(f"The database: {error}", EX_CONFIG) from error
    except FolderLockedError as error:
        message = f"Another sendprofile-site makes a site in {error.lock.parent}."
        raise CommandError(message, EX_CANTCREAT) from error
    except DATABASE_ERRORS as error:
        raise CommandError(f"The database: {reason_of(error)}.", EX_IOERR) from error
    except BrokenArchiveError as error:
        raise CommandError(f"{error}; get it anew.", EX_DATAERR) from error
    except FileExistsError as error:
        raise CommandError(f"{error.filename} is there already.", EX_CANTCREAT) from error
    except OSError as error:
        message = f"{error.filename or 'The site'}: {error.strerror or error}."
        raise CommandError(message, EX_IOERR) from error


def say(text: str) -> None:
    """Write *text* as a line to standard output, at once."""
    _write(sys.stdout, text)


def warn(text: str) -> None:
    """Write *text* as a line to standard error, with the name of the program."""
    _write(sys.stderr, f"sendprofile-site: {text}")


def write_at_once(file: Path, text: str) -> None:
    """Write *file* so that whoever waits for it finds all of it or none."""
    part = part_of(file)
    part.write_text(text, "utf-8")
    part.replace(file)


def part_of(file: Path) -> Path:
    """Return where *file* is written before it is whole."""
    return file.with_name(f"{file.name}.part")


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(f"{text}\n")
        stream.flush()
    except BrokenPipeError:
        # Whoever read it has left: the work goes on. What is still in the stream's buffer would
        # raise again when the interpreter ends.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


_HOST: Final = (
    "whoever reaches {host} can reach the site, and without TLS read the token on its way: "
    "keep it behind a web server"
)
_URL: Final = (
    "{url} is without TLS: mail programs unsubscribe with one click at https alone, and others "
    "can read the links of a member on their way"
)


def warn_of_host(service: ServiceSettings) -> None:
    """Warn where the service listens beyond this machine."""
    if service.unix is None and not _is_loopback(service.host):
        warn(_HOST.format(host=service.host))


def warn_of_url(url: str | None) -> None:
    """Warn where members are to reach the service by http, but for a trial on one machine.

    RFC 8058 has one-click unsubscribing with https alone.
    """
    parts = urlsplit(url or "")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        warn(_URL.format(url=url))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def find_site_folder(path: Path) -> SiteFolder:
    """Return the folder, which has a site; raises :exc:`CommandError`."""
    folder = SiteFolder(path)
    if folder.scaffold.exists():
        raise CommandError(
            f"The site in {path} was not finished: make it once more, with the same command.",
            EX_NOINPUT,
        )
    if not folder.has_site:
        hint = f"make one with: {program('sendprofile-site')} init {folder_option(path)}"
        raise CommandError(f"There is no site in {path}; {hint}", EX_NOINPUT)
    return folder


def load_settings(folder: SiteFolder) -> SiteSettings:
    """Return what is set for the site, and warn of secrets that others can read."""
    config = folder.read_config(os.environ)
    for file in find_exposed(folder.settings):
        warn(f"{file} has a secret in it that others can read; say: chmod o= {quoted(file)}")
    return config


@contextmanager
def site_database(path: Path) -> Iterator[Engine]:
    """Give the database of the site in the folder *path*."""
    engine = open_database(load_settings(find_site_folder(path)).database)
    try:
        yield engine
    finally:
        engine.dispose()


def read_period(text: str | None) -> Period | None:
    """Return the period that an option names, if it does; raises :exc:`CommandError`."""
    try:
        return None if text is None else Period.parse(text)
    except ValueError as error:
        message = f"{text!r} is no month; it is written as YYYY-MM."
        raise CommandError(message, EX_USAGE) from error


def read_url(text: str | None) -> str | None:
    """Return the URL of an option, if there is one, without a slash at its end.

    Raises :exc:`CommandError`.
    """
    if text is not None and not is_url(text):
        message = f"--url: {text!r} is no address such as https://groups.example.org"
        raise CommandError(message, EX_USAGE)
    return text and text.rstrip("/")


def folder_option(path: Path) -> str:
    """Return the option that names the folder, as to be typed."""
    return f"--folder {quoted(path)}"


def quoted(path: Path) -> str:
    """Return *path* as to be typed into a shell."""
    return shlex.quote(str(path))
