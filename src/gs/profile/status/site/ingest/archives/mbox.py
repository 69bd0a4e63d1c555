# SPDX-License-Identifier: MIT
"""Splits an mbox file into its messages (RFC 4155, and as programs write it).

docs/decisions/0025-email-reads-mail.md says why the standard library's ``mailbox`` does not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedReader, BytesIO, RawIOBase
from typing import BinaryIO, Final

from .message import LARGEST, RawMessage, is_plausible

_MONTHS: Final = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DAY: Final = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH: Final = b"(?:" + b"|".join(_MONTHS) + b")"
_TIME: Final = rb"\d\d:\d\d(?::\d\d)?"
_ZONE: Final = rb"(?:[A-Z]{1,5}|[+-]\d{4})"
# The date as asctime writes it (RFC 4155), perhaps with a zone before the year (Google's Takeout)
# or behind it; as RFC 5322 does; as ISO 8601 does.
_DATE: Final = re.compile(
    rb" (?P<date>" + _DAY + rb",? " + _MONTH + rb" +\d{1,2} "
    + _TIME + rb" (?:" + _ZONE + rb" )?\d{4}(?: " + _ZONE + rb")?|"
    + _DAY + rb", +\d{1,2} " + _MONTH + rb" \d{4} " + _TIME + rb"(?: " + _ZONE + rb")?|"
    rb"(?P<iso>\d{4}-\d\d-\d\d[T ]" + _TIME + rb"(?:\.\d{1,6})? ?(?:Z|[+-]\d\d:?\d\d)?)"
    rb")(?: remote from \S{1,80})?$"
)  # fmt: skip
_LONGEST: Final = 1_000
_LONGEST_DATE: Final = 160


@dataclass(frozen=True, slots=True)
class Separator:
    """The sender and the arrival of the message that follows: UTC where there is no zone."""

    sender: str
    arrived: datetime | None


def read_separator(line: bytes) -> Separator | None:
    """Return the separator that *line* is, or ``None``.

    A sentence that begins with "From" has no such date at its end.
    """
    if not line.startswith(b"From ") or len(line) > _LONGEST:
        return None
    line = line.rstrip()
    found = _DATE.search(line, max(4, len(line) - _LONGEST_DATE))
    if found is None:
        return None
    sender = line[5 : found.start()].decode("utf-8", "replace").strip()
    iso = found["iso"]
    return Separator(sender, _iso_date(iso) if iso else _date(found["date"]))


def _iso_date(text: bytes) -> datetime | None:
    date, time = text[:10].decode(), text[11:].replace(b" ", b"").decode()
    try:
        moment = datetime.fromisoformat(f"{date}T{time}")
    except ValueError:
        return None
    if not is_plausible(moment):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _date(text: bytes) -> datetime | None:
    words = text.replace(b",", b" ").split()
    month = next(word for word in words if word in _MONTHS)
    time = next(word for word in words if b":" in word)
    zone = next((word for word in words if word[:1] in b"+-"), b"+0000")
    day, year = (word for word in words if word.isdigit())
    clock = time if time.count(b":") > 1 else time + b":00"
    number = _MONTHS.index(month) + 1
    return _iso_date(b"%s-%02d-%02dT%s%s" % (year, number, int(day), clock, zone))


_MARK: Final = b"\xef\xbb\xbf"
#: How much is read at once, and how much of a line without an end comes in one piece.
PIECE: Final = 65_536


def open_lines(file: BinaryIO) -> BufferedReader:
    """Return *file* without a byte order mark, and with line feeds if its lines end with CR."""
    beginning = file.read(PIECE).removeprefix(_MARK)
    bare = b"\r" in beginning and b"\n" not in beginning
    return BufferedReader(_Replay(beginning, file, bare=bare), PIECE)


def put_back(octets: bytes, stream: BufferedReader) -> BufferedReader:
    """Return *stream* with *octets* before what is not read of it."""
    return BufferedReader(_Replay(octets, stream), PIECE)


class _Replay(RawIOBase):
    def __init__(self, beginning: bytes, rest: BinaryIO, *, bare: bool = False) -> None:
        self._beginning = BytesIO(beginning)
        self._rest = rest
        self._bare = bare

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # what it is given
        octets = self._beginning.read(len(buffer)) or self._rest.read(len(buffer))
        if self._bare:
            octets = octets.replace(b"\r", b"\n")
        buffer[: len(octets)] = octets
        return len(octets)


# Some messages have a second, older separator after the first, escaped.
_HEADER: Final = re.compile(rb"[!-9;-~]++[ \t]*:|>From ")
_LENGTH: Final = re.compile(rb"content-length[ \t]*:\s*(\d{1,9})\s*$", re.IGNORECASE)
# "From " at the start of a line of the text, as writers of mbox files escape it.
_ESCAPED: Final = re.compile(rb">+From ")


def split_mbox(file: BinaryIO) -> Iterator[RawMessage]:
    """Yield the messages of an mbox file, with one of them in memory at a time.

    A separator is a line of :rfc:`4155`'s form before a line that is a header field. Other lines
    that begin with "From " belong to the message. So does what is within the length that the
    header declares, if a message ends there.
    """
    lines = _Lines(open_lines(file))
    message: _Message | None = None
    while lines.ahead:
        line, whole = lines.take()
        separator = read_separator(line) if whole and line.startswith(b"From ") else None
        if separator and _HEADER.match(lines.ahead):
            if message:
                yield message.finish()
            message = _Message(separator)
        elif message:
            length = message.add(line, whole=whole)
            if length:
                message.add_text(lines.take_text(length))
    if message:
        yield message.finish()


def begins_as_mbox(file: BinaryIO) -> bool:
    """Return whether the first line of *file* that is not empty is a separator."""
    stream = open_lines(file)
    line = stream.readline(PIECE)
    while line and not line.strip():
        line = stream.readline(PIECE)
    return read_separator(line) is not None


class _Message:
    def __init__(self, separator: Separator) -> None:
        self._separator = separator
        self._content = bytearray()
        self._size = 0
        self._length = 0
        self._in_header = True

    def add(self, line: bytes, *, whole: bool) -> int:
        """Add a line; at the end of a header that declares the length of the body, return that."""
        if whole and line.startswith(b">") and _ESCAPED.match(line):
            line = line[1:]
        self.add_text(line)
        if not (self._in_header and whole):
            return 0
        if line.strip(b"\r\n"):
            found = _LENGTH.match(line)
            self._length = int(found[1]) if found else self._length
            return 0
        self._in_header = False
        return self._length

    def add_text(self, text: bytes) -> None:
        """Add text of any length."""
        self._size += len(text)
        if self._size <= LARGEST:
            self._content += text

    def finish(self) -> RawMessage:
        """Return the message."""
        separator = self._separator
        cut = self._size > LARGEST
        return RawMessage(separator.sender, separator.arrived, bytes(self._content), cut)


class _Lines:
    # A line without an end comes in pieces; no piece of it but the first can be a separator.
    def __init__(self, stream: BufferedReader) -> None:
        self._stream = stream
        self._starts = True
        self._has_right_lengths = True
        self.ahead = stream.readline(PIECE)

    def take(self) -> tuple[bytes, bool]:
        """Return the next line or piece of one, and whether a line begins with it."""
        line, starts = self.ahead, self._starts
        self._starts = line.endswith(b"\n")
        self.ahead = self._stream.readline(PIECE)
        return line, starts

    def take_text(self, length: int) -> bytes:
        """Return the next *length* octets if a message ends there, else none."""
        # One program wrote all lengths of the file: after a wrong one, none is used.
        if not self._has_right_lengths or not len(self.ahead) <= length <= LARGEST:
            return b""
        text = self.ahead + self._stream.read(length - len(self.ahead))
        behind = self._stream.readline(PIECE)
        blank = behind if not behind.strip() else b""
        following = self._stream.readline(PIECE) if blank else behind
        if len(text) == length and (not following or read_separator(following)):
            self.ahead, self._starts = following, True
            return text
        self._has_right_lengths = False
        self._stream = put_back(text + blank + following, self._stream)
        self.ahead = self._stream.readline(PIECE)
        return b""
