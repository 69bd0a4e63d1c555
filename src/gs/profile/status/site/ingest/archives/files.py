# SPDX-License-Identifier: MIT
"""Finds the files of archives, puts them in order, and opens them."""

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, Final, cast

from gs.profile.status.site.subjects import find_tag

from .mbox import LARGEST, RawMessage, begins_as_mbox, split
from .message import subject_of


class NoMailError(Exception):
    """A file is not an mbox file; the message says why."""


class BrokenArchiveError(Exception):
    """A compressed file is broken: it cannot be read to its end."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file}: the compressed file is broken")


def messages_of(file: Path) -> Iterator[RawMessage]:
    """Yield the messages of an mbox file, or the one message of a file in a Maildir.

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
    """Return when the first message of an mbox file arrived, or ``None`` if that has no date.

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
    """Return the files of the mails in a Maildir, in the order of their delivery."""
    files = (file for name in ("cur", "new") for file in (maildir / name).iterdir())
    return tuple(sorted((one for one in files if one.is_file()), key=lambda file: file.name))


def _fault(stream: BinaryIO) -> str:
    stream.seek(0)
    return "its first line is no From line" if stream.read(1) else "it is empty"


def _open(file: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(file)) if file.suffix == ".gz" else file.open("rb")


_ENDINGS: Final = re.compile(r"(\.(mbox|mbx|txt|gz))+$", re.IGNORECASE)
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
# A file of such a name, in the folder of archives, is meant to be an archive.
_MEANT: Final = re.compile(r"\.(mbox|mbx|gz)", re.IGNORECASE)
_SAMPLE: Final = 50
_REPORTED: Final = 3

#: Takes a line for each file that is not imported, with the reason.
ReportLine = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Listeners:
    """Callbacks for files that are no archives (*other*), and for *broken* archives."""

    other: ReportLine
    broken: ReportLine


class NoArchiveError(Exception):
    """A folder has no mbox file."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The archive of one group: its files, the earliest first, and the tag in its subjects."""

    group_id: str
    title: str
    tag: str
    files: tuple[Path, ...]

    def messages(self) -> Iterator[Iterator[RawMessage]]:
        """Yield the messages of each file."""
        return map(messages_of, self.files)


def find_archives(folder: Path, listeners: Listeners) -> list[Archive]:
    """Return the archives in *folder*, by name: each mbox file, Maildir, or folder of files.

    *folder* may also be a single mbox file or a Maildir. Raises :exc:`NoArchiveError` if there is
    no archive.
    """
    one = folder.is_file() or is_maildir(folder)
    entries = [folder] if one else _visible(folder.iterdir())
    archives = [
        archive for entry in entries if (archive := _archive(entry, listeners)) is not None
    ]
    if not archives:
        raise NoArchiveError(f"No mbox file in {folder}")
    return archives


def _archive(entry: Path, listeners: Listeners) -> Archive | None:
    if is_maildir(entry):
        files = mails_of(entry)
    else:
        inside = [entry] if entry.is_file() else _visible(entry.rglob("*"), entry)
        dated = _dated(entry, [file for file in inside if file.is_file()], listeners)
        files = tuple(file for _, file in sorted(dated))
    if not files:
        return None
    name = _ENDINGS.sub("", entry.name) or entry.name
    tag = _tag(files)
    title = tag if tag and _letters(tag) == _letters(name) else name
    # A name without a Latin letter gets an ID of its own.
    group_id = _letters(name, "-") or f"group-{zlib.crc32(name.encode('utf-8', 'replace')):08x}"
    return Archive(group_id, title, tag, files)


def _dated(entry: Path, files: list[Path], listeners: Listeners) -> list[tuple[datetime, Path]]:
    # Files are often named after months, whose order is not alphabetical.
    dated, skipped = [], 0
    for file in files:
        try:
            dated.append((first_date(file) or datetime.max.replace(tzinfo=UTC), file))
        except NoMailError as error:
            line = f"{file.relative_to(entry.parent)}: {error}; skipped"
            if _is_meant(file, entry):
                listeners.broken(line)
                continue
            skipped += 1
            if skipped <= _REPORTED:
                listeners.other(line)
    if skipped > _REPORTED:
        more = f"{skipped - _REPORTED:,} more that are not mbox files; skipped"
        listeners.other(f"{entry.name}: {more}")
    return dated


def _is_meant(file: Path, entry: Path) -> bool:
    # The attachments of Mailman are in deeper folders, and have any name.
    if entry not in {file, file.parent} or not _MEANT.fullmatch(file.suffix):
        return False
    # A new list has an empty file. A compressed file is never empty.
    return file.suffix.lower() == ".gz" or file.stat().st_size > 0


def _visible(files: Iterator[Path], folder: Path | None = None) -> list[Path]:
    shown = [file for file in files if not _is_hidden(file.relative_to(folder or file.parent))]
    return sorted(shown)


def _is_hidden(file: Path) -> bool:
    return any(part.startswith(".") for part in file.parts)


def _tag(files: tuple[Path, ...]) -> str:
    # A tag that most of the latest messages have is the list's.
    latest = islice(chain.from_iterable(map(messages_of, reversed(files))), _SAMPLE)
    tags = Counter(find_tag(subject_of(raw)) for raw in latest)
    if not tags:
        return ""
    tag, times = tags.most_common(1)[0]
    return tag if 2 * times > tags.total() else ""


def _letters(name: str, between: str = "") -> str:
    return _SEPARATORS.sub(between, name.casefold()).strip("-")
