# SPDX-License-Identifier: MIT
"""What the commands share: the site in a folder, options, errors with exit codes, messages."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import TextIO
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


class CommandError(Exception):
    """A command cannot do its work: the message says why, and *code* is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def command_errors() -> Iterator[None]:
    """Turn errors of files, settings and databases into :exc:`CommandError`."""
    try:
        yield
    except (SettingsError, NotOurDatabaseError) as error:
        raise CommandError(str(error), os.EX_CONFIG) from error
    except DatabaseURLError as error:
        raise CommandError(f"The database: {error}", os.EX_CONFIG) from error
    except FolderLockedError as error:
        message = f"Another sendprofile-site is creating the site in {error.lock.parent}."
        raise CommandError(message, os.EX_CANTCREAT) from error
    except DATABASE_ERRORS as error:
        raise CommandError(f"The database: {reason_of(error)}.", os.EX_IOERR) from error
    except BrokenArchiveError as error:
        raise CommandError(f"{error}; get it again.", os.EX_DATAERR) from error
    except FileExistsError as error:
        raise CommandError(f"{error.filename} exists already.", os.EX_CANTCREAT) from error
    except OSError as error:
        message = f"{error.filename or 'The site'}: {error.strerror or error}."
        raise CommandError(message, os.EX_IOERR) from error


def find_site_folder(path: Path) -> SiteFolder:
    """Return the folder *path*, which has a complete site; raises :exc:`CommandError`."""
    folder = SiteFolder(path)
    if folder.unfinished.exists():
        raise CommandError(
            f"The site in {path} is incomplete; run the command that creates it again.",
            os.EX_NOINPUT,
        )
    if not folder.has_site:
        hint = f"create one with: {program('sendprofile-site')} init {folder_option(path)}"
        raise CommandError(f"There is no site in {path}; {hint}", os.EX_NOINPUT)
    return folder


def load_settings(folder: SiteFolder) -> SiteSettings:
    """Return the settings of the site, and warn of secrets that other users can read."""
    settings = folder.read_settings(os.environ)
    for file in find_exposed(folder.settings):
        warn(f"Other users can read the secret in {file}; run: chmod o= {quoted(file)}")
    return settings


@contextmanager
def site_database(path: Path) -> Iterator[Engine]:
    """Open the database of the site in the folder *path*, and close it after the block."""
    engine = open_database(load_settings(find_site_folder(path)).database)
    try:
        yield engine
    finally:
        engine.dispose()


def read_period(text: str | None) -> Period | None:
    """Return the period that an option names, if any; raises :exc:`CommandError`."""
    try:
        return None if text is None else Period.parse(text)
    except ValueError as error:
        message = f"--period: {text!r} is not a month; write it as YYYY-MM."
        raise CommandError(message, os.EX_USAGE) from error


def read_url(text: str | None) -> str | None:
    """Return the URL of an option, if any, without a slash at its end.

    Raises :exc:`CommandError`.
    """
    if text is not None and not is_url(text):
        message = f"--url: {text!r} is not a URL such as https://groups.example.org"
        raise CommandError(message, os.EX_USAGE)
    return text and text.rstrip("/")


def say(text: str) -> None:
    """Write *text* as a line to standard output, and flush it."""
    _write(sys.stdout, text)


def warn(text: str) -> None:
    """Write *text* as a line to standard error, with the name of the program."""
    _write(sys.stderr, f"sendprofile-site: {text}")


def warn_of_host(service: ServiceSettings) -> None:
    """Warn if the service listens on an address that other machines can reach."""
    if service.unix is None and not _is_loopback(service.host):
        warn(
            f"Other machines can reach the site at {service.host}, and without TLS the token can "
            "be read on its way; put the site behind a web server."
        )


def warn_of_url(url: str | None) -> None:
    """Warn if members reach the service by http, unless that is a trial on this machine.

    RFC 8058 allows one-click unsubscribing only with https.
    """
    parts = urlsplit(url or "")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        warn(
            f"{url} has no TLS: mail programs offer one-click unsubscribing only with https, and "
            "others can read the links of a member on their way; use https."
        )


def write_at_once(file: Path, text: str) -> None:
    """Write *file* so that another process finds the whole file or none."""
    part = part_of(file)
    part.write_text(text, "utf-8")
    part.replace(file)


def part_of(file: Path) -> Path:
    """Return where *file* is written until it is complete."""
    return file.with_name(f"{file.name}.part")


def folder_option(path: Path) -> str:
    """Return the option that names the folder, quoted for a shell."""
    return f"--folder {quoted(path)}"


def quoted(path: Path) -> str:
    """Return *path* quoted for a shell."""
    return shlex.quote(str(path))


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(f"{text}\n")
        stream.flush()
    except BrokenPipeError:
        # The reader is gone, and the work continues. The rest of the stream's buffer would raise
        # again when the interpreter exits.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
