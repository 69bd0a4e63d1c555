# SPDX-License-Identifier: MIT
"""The commands of sendprofile-site: found, fill and serve the site of a folder."""

import json
import shlex
import sqlite3
import sys
import tempfile
import zlib
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sqlalchemy.exc import DBAPIError

from gs.profile.status.hooks import Period

from .folder import SiteFolder
from .founding import fix_period, found, found_community, take_archives, title_of
from .holding import HeldError, hold
from .importers import Archive, Findings, NoArchiveError, find_archives
from .opening import OpenSite, now, open_site
from .serving import CannotListenError, serve
from .store.database import open_database

_EX_USAGE: Final = 64
_EX_DATAERR: Final = 65
_EX_NOINPUT: Final = 66
_EX_UNAVAILABLE: Final = 69
_EX_CANTCREAT: Final = 73
_EX_IOERR: Final = 74

_SERVED: Final = """\
A site of {members} members, which reports on {period}.

URL            {url}
configuration  {config}
mails          {maildir}

To mail everybody, from another terminal:

    sendprofile -v -c {quoted} {fixed}{url}

Control-C stops the site."""


class CommandError(Exception):
    """What was wrong, and what to do about it; *code* is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def _demo(options: Namespace) -> None:
    with _faults_told():
        folder = SiteFolder(options.folder or Path(tempfile.mkdtemp(prefix="sendprofile-demo-")))
        if folder.has_site:
            hint = f"sendprofile-site serve --folder {shlex.quote(str(folder.path))}"
            raise CommandError(f"{folder.path} has a site already; {hint}", _EX_CANTCREAT)
        if options.data is None:
            found_community(folder, now()).dispose()
        else:
            _fill(folder, options.data, keep_addresses=False)
        _serve_folder(folder, options, "127.0.0.1", None)


def _import_mbox(options: Namespace) -> None:
    with _faults_told():
        folder = SiteFolder(options.folder)
        _fill(folder, options.data, keep_addresses=options.keep_addresses)
        _say(f"\nThe site is in {folder.path}. To serve it:\n")
        _say(f"    sendprofile-site serve --folder {shlex.quote(str(folder.path))}")


def _serve(options: Namespace) -> None:
    with _faults_told():
        folder = SiteFolder(options.folder)
        if not folder.has_site:
            hint = "make one with: sendprofile-site import-mbox"
            raise CommandError(f"There is no site in {folder.path}; {hint}", _EX_NOINPUT)
        period = _period(options.period) if options.period else None
        _serve_folder(folder, options, options.host, period)


#: What does each command, by its name.
COMMANDS: Final[Mapping[str, Callable[[Namespace], None]]] = MappingProxyType(
    {"demo": _demo, "import-mbox": _import_mbox, "serve": _serve}
)


def _fill(folder: SiteFolder, data: Path, *, keep_addresses: bool) -> None:
    try:
        archives = find_archives(data)
    except (NoArchiveError, FileNotFoundError, NotADirectoryError) as error:
        raise CommandError(f"{data}: there is no mbox file to take in.", _EX_NOINPUT) from error
    engine = open_database(folder.database) if folder.has_site else found(folder)
    take_archives(engine, title_of(data), archives, _tell, keep_addresses=keep_addresses)
    fixed = fix_period(engine, now())
    engine.dispose()
    if fixed:
        _say(f"\nThe archives have ended. The site reports on {fixed}, their last lively month.")


def _tell(archive: Archive, findings: Findings) -> None:
    _say(f"{archive.title}: {findings.messages:,} messages, {findings.new:,} new")
    for line in findings.lines():
        _say(f"    {line}")


def _serve_folder(
    folder: SiteFolder, options: Namespace, host: str, period: Period | None
) -> None:
    try:
        hold(folder.lock)
        site = open_site(folder, period)
        serve(site.app, host, options.port, lambda url: _announce(folder, site, url, options))
    except HeldError as error:
        message = f"Another sendprofile-site serves {folder.path}; stop it first."
        raise CommandError(message, _EX_UNAVAILABLE) from error
    except CannotListenError as error:
        raise CommandError(f"{error}; choose another with --port.", _EX_UNAVAILABLE) from error


def _announce(folder: SiteFolder, site: OpenSite, url: str, options: Namespace) -> None:
    said = {
        "url": url,
        "config": str(folder.config.resolve()),
        "maildir": str(folder.maildir.resolve()),
        "period": str(site.period),
        "members": site.members,
    }
    # The sender names the month, and would name the last one.
    fixed = "" if site.period == Period.of(now().date()).before() else f"--period {site.period} "
    _say(_SERVED.format(**said, quoted=shlex.quote(str(said["config"])), fixed=fixed))
    if options.ready_file:
        _write_at_once(options.ready_file, json.dumps(said))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _write_at_once(file: Path, text: str) -> None:
    # Whoever waits for the file finds all of it or none.
    part = file.with_name(f"{file.name}.part")
    part.write_text(text, "utf-8")
    part.replace(file)


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError as error:
        message = f"{text!r} is no month; it is written as YYYY-MM."
        raise CommandError(message, _EX_USAGE) from error


@contextmanager
def _faults_told() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        reason = getattr(error, "orig", error)
        raise CommandError(f"The database: {reason}.", _EX_IOERR) from error
    except (EOFError, zlib.error) as error:
        raise CommandError(f"A compressed archive is broken: {error}.", _EX_DATAERR) from error
    except FileExistsError as error:
        raise CommandError(f"{error.filename} is there already.", _EX_CANTCREAT) from error
    except OSError as error:
        raise CommandError(
            f"{error.filename or 'The site'}: {error.strerror}.", _EX_IOERR
        ) from error
