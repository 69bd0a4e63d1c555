# SPDX-License-Identifier: MIT
"""Splits an mbox file into its messages, one at a time (RFC 4155, and how it is in practice)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO, Final

#: What is kept of one message, in octets; what is behind is left out.
LARGEST: Final = 32 * 1024 * 1024

_MONTHS: Final = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
# "From ", whoever sent it in whatever spelling, and the date as asctime writes it, perhaps with
# a zone. A sentence that begins with "From" has no such date.
_SEPARATOR: Final = re.compile(
    rb"From (?P<sender>.*?) +"
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? "
    rb"(?P<month>" + b"|".join(_MONTHS) + rb") +(?P<day>\d{1,2}) "
    rb"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))? "
    rb"(?:[A-Z]{2,5} )?(?P<year>\d{4})(?: [+-]\d{4})?\s*"
)
_HEADER: Final = re.compile(rb"[!-9;-~]+[ \t]*:")
# "From " at the start of a line of the text, as writers of mbox files guard it.
_GUARDED: Final = re.compile(rb"^>(>*From )", re.MULTILINE)
_LONGEST_SEPARATOR: Final = 1_000
_PIECE: Final = 65_536


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message as it lies in the file; *arrived* is the separator's date, taken as UTC."""

    sender: str
    arrived: datetime | None
    content: bytes
    cut: bool


def split(file: BinaryIO) -> Iterator[RawMessage]:
    """Yield the messages of an mbox file, holding one of them at a time.

    A separator is a line of :rfc:`4155`'s form before a line that is a header: other lines
    that begin with "From " belong to the message.
    """
    separator: re.Match[bytes] | None = None
    message = _Message()
    for line, following in _pairs(file):
        found = _SEPARATOR.fullmatch(line) if len(line) < _LONGEST_SEPARATOR else None
        if found and _HEADER.match(following):
            if separator:
                yield message.finish(separator)
            separator, message = found, _Message()
        elif separator:
            message.add(line)
    if separator:
        yield message.finish(separator)


class _Message:
    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0

    def add(self, line: bytes) -> None:
        self._size += len(line)
        if self._size <= LARGEST:
            self._lines.append(line)

    def finish(self, separator: re.Match[bytes]) -> RawMessage:
        sender = separator["sender"].decode("utf-8", "replace").strip()
        content = _GUARDED.sub(rb"\1", b"".join(self._lines))
        return RawMessage(sender, _date(separator), content, self._size > LARGEST)


def _pairs(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    # A line without an end comes in pieces; no piece of it but the first can be a separator.
    previous, starts = file.readline(_PIECE), True
    while previous:
        line = file.readline(_PIECE)
        yield (previous, line) if starts else (b" " + previous, b"")
        starts = previous.endswith(b"\n")
        previous = line


def _date(separator: re.Match[bytes]) -> datetime | None:
    month = _MONTHS.index(separator["month"]) + 1
    day, hour, minute, second = (
        int(separator[name] or 0) for name in ("day", "hour", "minute", "second")
    )
    try:
        return datetime(int(separator["year"]), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
