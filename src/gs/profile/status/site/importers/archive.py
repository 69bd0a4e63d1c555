# SPDX-License-Identifier: MIT
"""Finds the mbox files of a folder, and which group each of them is."""

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, Final, cast

from .findings import Findings
from .headers import field, parse_header
from .mbox import RawMessage, split
from .subjects import find_tag

_ENDINGS: Final = re.compile(r"(\.(mbox|mbx|txt|gz))+$", re.IGNORECASE)
_UNFIT: Final = re.compile(r"[^a-z0-9]+")
_SAMPLE: Final = 50


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
        for file in self.files:
            with _open(file) as stream:
                yield split(stream)


def find_archives(folder: Path) -> list[Archive]:
    """Return the archives in *folder*: each mbox file, or folder of them, is one; by name.

    *folder* may be a single mbox file too. Raises :exc:`NoArchiveError` where there is none.
    """
    if folder.is_file():
        entries = [folder]
    else:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    archives = [archive for entry in entries if (archive := _archive(entry)) is not None]
    if not archives:
        raise NoArchiveError(f"No mbox file in {folder}")
    return archives


def _archive(entry: Path) -> Archive | None:
    inside = [entry] if entry.is_file() else sorted(entry.rglob("*"))
    dated = [(date, file) for file in inside if (date := _first_date(file)) is not None]
    if not dated:
        return None
    files = tuple(file for _, file in sorted(dated))
    name = _ENDINGS.sub("", entry.name) or entry.name
    tag = _tag(files)
    title = tag if tag and _letters(tag) == _letters(name) else name
    # A name without a Latin letter has an ID too, and not that of another one.
    group_id = _letters(name, "-") or f"group-{zlib.crc32(name.encode('utf-8', 'replace')):08x}"
    return Archive(group_id, title, tag, files)


def _first_date(file: Path) -> datetime | None:
    # Files are named after months, which have no order in the alphabet.
    if not file.is_file():
        return None
    with _open(file) as stream:
        try:
            first = next(split(stream), None)
        except (OSError, EOFError, zlib.error):  # it ends with .gz and is no such thing
            return None
    return None if first is None else first.arrived or datetime.max.replace(tzinfo=UTC)


def _tag(files: tuple[Path, ...]) -> str:
    # The tag is the list's if most of its messages have it.
    latest = islice(chain.from_iterable(map(_tags, reversed(files))), _SAMPLE)
    tags = Counter(latest)
    tag, times = tags.most_common(1)[0]
    return tag if 2 * times > tags.total() else ""


def _tags(file: Path) -> Iterator[str]:
    with _open(file) as stream:
        for raw in split(stream):
            yield find_tag(field(parse_header(raw.content), "subject", Findings()))


def _letters(name: str, between: str = "") -> str:
    return _UNFIT.sub(between, name.casefold()).strip("-")


def _open(file: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(file)) if file.suffix == ".gz" else file.open("rb")
