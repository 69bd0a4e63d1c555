# SPDX-License-Identifier: MIT
"""Opens the files that mail lies in: mbox files, compressed or not, and mails of a Maildir."""

import gzip
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from .mbox import LARGEST, RawMessage, begins_as_mbox, split


class NoMailError(Exception):
    """A file is no mbox file; the message says why."""


class BrokenArchiveError(Exception):
    """What is compressed in a file cannot be read to its end."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file}: what is compressed in it is broken")


def messages_of(file: Path) -> Iterator[RawMessage]:
    """Yield the messages of an mbox file, or the one that a file in a Maildir is.

    Raises :exc:`BrokenArchiveError`.
    """
    try:
        yield from _messages(file)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BrokenArchiveError(file) from error


def _messages(file: Path) -> Iterator[RawMessage]:
    with _open(file) as stream:
        if is_maildir(file.parent.parent):
            content = stream.read(LARGEST + 1)
            yield RawMessage("", None, content[:LARGEST], len(content) > LARGEST)
        else:
            yield from split(stream)


def first_date(file: Path) -> datetime | None:
    """Return when the first message of an mbox file arrived, ``None`` where it does not say.

    Raises :exc:`NoMailError` where it is no mbox file.
    """
    try:
        with _open(file) as stream:
            if not begins_as_mbox(stream):
                raise NoMailError(f"not an mbox file ({_fault(stream)})")
        first = next(_messages(file), None)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise NoMailError("not an mbox file (nor one that gzip compressed)") from error
    if first is None:
        raise NoMailError("not an mbox file (no header follows its first line)")
    return first.arrived


def is_maildir(folder: Path) -> bool:
    """Return whether *folder* is a Maildir."""
    return all((folder / name).is_dir() for name in ("cur", "new", "tmp"))


def mails_of(maildir: Path) -> tuple[Path, ...]:
    """Return the mails in a Maildir, the first that was delivered first."""
    files = (file for name in ("cur", "new") for file in (maildir / name).iterdir())
    return tuple(sorted((one for one in files if one.is_file()), key=lambda file: file.name))


def _fault(stream: BinaryIO) -> str:
    stream.seek(0)
    return "its first line is no From line" if stream.read(1) else "it is empty"


def _open(file: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(file)) if file.suffix == ".gz" else file.open("rb")
