# SPDX-License-Identifier: MIT
"""The files of an archive: found, dated, opened."""

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


_ENDINGS: Final = re.compile(r"(\.(mbox|mbx|txt|gz))+$", re.IGNORECASE)
_UNFIT: Final = re.compile(r"[^a-z0-9]+")
# What is named so, and lies where archives do, is meant to be one.
_MEANT: Final = re.compile(r"\.(mbox|mbx|gz)", re.IGNORECASE)
_SAMPLE: Final = 50
_TOLD: Final = 3

#: What hears which files were left out, and why: a line for each.
Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who hears of files that are something else, and of those that are *broken* archives."""

    other: Tell
    broken: Tell


class NoArchiveError(Exception):
    """There is no mbox file where one should be."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The archive of one group: its files, the earliest first, and the tag of its subjects."""

    group_id: str
    title: str
    tag: str
    files: tuple[Path, ...]

    def messages(self) -> Iterator[Iterator[RawMessage]]:
        """Yield the messages of each file."""
        return map(messages_of, self.files)


def find_archives(folder: Path, listeners: Listeners) -> list[Archive]:
    """Return the archives in *folder*: each mbox file, Maildir, or folder of files, is one.

    They come by name. *folder* may be a single mbox file or a Maildir too. Raises
    :exc:`NoArchiveError` where there is none.
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
    # A name without a Latin letter has an ID too, and not that of another one.
    group_id = _letters(name, "-") or f"group-{zlib.crc32(name.encode('utf-8', 'replace')):08x}"
    return Archive(group_id, title, tag, files)


def _dated(entry: Path, files: list[Path], listeners: Listeners) -> list[tuple[datetime, Path]]:
    # Files are named after months, which have no order in the alphabet.
    dated, left_out = [], 0
    for file in files:
        try:
            dated.append((first_date(file) or datetime.max.replace(tzinfo=UTC), file))
        except NoMailError as error:
            line = f"{file.relative_to(entry.parent)}: {error}; left out"
            if _is_meant(file, entry):
                listeners.broken(line)
                continue
            left_out += 1
            if left_out <= _TOLD:
                listeners.other(line)
    if left_out > _TOLD:
        more = f"{left_out - _TOLD:,} more that are not mbox files; left out"
        listeners.other(f"{entry.name}: {more}")
    return dated


def _is_meant(file: Path, entry: Path) -> bool:
    # Mailman's attachments lie deeper, whatever they are called.
    if entry not in {file, file.parent} or not _MEANT.fullmatch(file.suffix):
        return False
    # A new list has an empty file; but nothing that was compressed is.
    return file.suffix.lower() == ".gz" or file.stat().st_size > 0


def _visible(files: Iterator[Path], folder: Path | None = None) -> list[Path]:
    shown = [file for file in files if not _is_hidden(file.relative_to(folder or file.parent))]
    return sorted(shown)


def _is_hidden(file: Path) -> bool:
    return any(part.startswith(".") for part in file.parts)


def _tag(files: tuple[Path, ...]) -> str:
    # The tag is the list's if most of its messages have it.
    latest = islice(chain.from_iterable(map(messages_of, reversed(files))), _SAMPLE)
    tags = Counter(find_tag(subject_of(raw)) for raw in latest)
    if not tags:
        return ""
    tag, times = tags.most_common(1)[0]
    return tag if 2 * times > tags.total() else ""


def _letters(name: str, between: str = "") -> str:
    return _UNFIT.sub(between, name.casefold()).strip("-")
