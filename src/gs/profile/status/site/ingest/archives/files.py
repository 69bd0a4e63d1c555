# SPDX-License-Identifier: MIT
"""Finds the files of archives, sorts them by date, and reads their messages.

A new format of archives is one more entry of :data:`FORMATS`.
"""

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

from .mbox import begins_as_mbox, split_mbox
from .message import LARGEST, RawMessage, subject_of


@dataclass(frozen=True, slots=True)
class ArchiveFormat:
    """A format of files with messages, which may be compressed by gzip.

    *begins* returns whether a file begins as one of this format, *split* yields its messages. A
    file whose name ends with one of *suffixes* should have this format.
    """

    name: str
    suffixes: frozenset[str]
    begins: Callable[[BinaryIO], bool]
    split: Callable[[BinaryIO], Iterator[RawMessage]]


#: The formats of files. A Maildir is a folder, with one message in each file.
FORMATS: Final = (
    ArchiveFormat("an mbox file", frozenset({".mbox", ".mbx"}), begins_as_mbox, split_mbox),
)

_COMPRESSED: Final = ".gz"


class NotAnArchiveError(Exception):
    """A file is not an archive; the message says why."""


class BrokenArchiveError(Exception):
    """A compressed file is broken: it cannot be read to its end."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file}: the compressed file is broken")


def messages_of(file: Path) -> Iterator[RawMessage]:
    """Yield the messages of a file, or the one message of a file in a Maildir.

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
            yield from _format_of(stream).split(stream)


def _format_of(stream: BinaryIO) -> ArchiveFormat:
    for archive_format in FORMATS:
        begins = archive_format.begins(stream)
        stream.seek(0)
        if begins:
            return archive_format
    if not stream.read(1):
        raise NotAnArchiveError("not an archive (it is empty)")
    formats = " or ".join(each.name for each in FORMATS)
    raise NotAnArchiveError(f"not an archive (it does not begin as {formats})")


def first_arrival(file: Path) -> datetime | None:
    """Return when the first message of a file arrived, or ``None`` if the file does not say.

    Raises :exc:`NotAnArchiveError`.
    """
    try:
        first = next(_messages(file), None)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise NotAnArchiveError("not an archive (gzip cannot read it)") from error
    if first is None:
        raise NotAnArchiveError("not an archive (it has no message)")
    return first.arrived


def is_maildir(folder: Path) -> bool:
    """Return whether *folder* is a Maildir."""
    return all((folder / name).is_dir() for name in ("cur", "new", "tmp"))


def mails_of(maildir: Path) -> tuple[Path, ...]:
    """Return the files of the mails in a Maildir, in the order of their delivery."""
    files = (file for name in ("cur", "new") for file in (maildir / name).iterdir())
    return tuple(sorted((one for one in files if one.is_file()), key=lambda file: file.name))


def _open(file: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(file)) if file.suffix == _COMPRESSED else file.open("rb")


# The suffixes that are not a part of the name of a group.
_SUFFIXES: Final = frozenset({".txt", _COMPRESSED}).union(*(each.suffixes for each in FORMATS))
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
_SAMPLE: Final = 50
_REPORTED: Final = 3

#: Takes a line for each file that is not imported, with the reason.
ReportLine = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Listeners:
    """Callbacks for other files (*not_archive*), and for *broken* archives."""

    not_archive: ReportLine
    broken: ReportLine


class NoArchiveError(Exception):
    """A folder has no archive."""


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
    """Return the archives in *folder*, by name: each file, Maildir, or folder of files.

    *folder* may also be a single file or a Maildir. Raises :exc:`NoArchiveError` if there is
    no archive.
    """
    one = folder.is_file() or is_maildir(folder)
    entries = [folder] if one else _visible(folder.iterdir())
    archives = [
        archive for entry in entries if (archive := _archive(entry, listeners)) is not None
    ]
    if not archives:
        raise NoArchiveError(f"No archive in {folder}")
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
    name = _name(entry)
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
            dated.append((first_arrival(file) or datetime.max.replace(tzinfo=UTC), file))
        except NotAnArchiveError as error:
            line = f"{file.relative_to(entry.parent)}: {error}; skipped"
            if _looks_like_archive(file, entry):
                listeners.broken(line)
                continue
            skipped += 1
            if skipped <= _REPORTED:
                listeners.not_archive(line)
    if skipped > _REPORTED:
        more = f"{skipped - _REPORTED:,} more that are not archives; skipped"
        listeners.not_archive(f"{entry.name}: {more}")
    return dated


def _name(entry: Path) -> str:
    name = entry
    while name.suffix.lower() in _SUFFIXES:
        name = name.with_suffix("")
    return name.name


def _looks_like_archive(file: Path, entry: Path) -> bool:
    # The attachments of Mailman are in deeper folders, and have any name.
    suffix = file.suffix.lower()
    if entry not in {file, file.parent} or suffix not in _SUFFIXES - {".txt"}:
        return False
    # A new list has an empty file. A compressed file is never empty.
    return suffix == _COMPRESSED or file.stat().st_size > 0


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
