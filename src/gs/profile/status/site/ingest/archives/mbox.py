# SPDX-License-Identifier: MIT
"""Splits an mbox file into its messages, one at a time (RFC 4155, and how it is in practice)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader
from typing import BinaryIO, Final

from .separators import Separator, read_separator
from .streams import PIECE, open_lines, put_back

#: What is kept of one message, in octets; what is behind, attachments mostly, is left out.
LARGEST: Final = 8 * 1024 * 1024

# Some have a second, older separator guarded behind the first.
_HEADER: Final = re.compile(rb"[!-9;-~]++[ \t]*:|>From ")
_LENGTH: Final = re.compile(rb"content-length[ \t]*:\s*(\d{1,9})\s*$", re.IGNORECASE)
# "From " at the start of a line of the text, as writers of mbox files guard it.
_GUARDED: Final = re.compile(rb">+From ")


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message as it lies in the file; *arrived* is the separator's date."""

    sender: str
    arrived: datetime | None
    content: bytes
    cut: bool


def split(file: BinaryIO) -> Iterator[RawMessage]:
    """Yield the messages of an mbox file, holding one of them at a time.

    A separator is a line of :rfc:`4155`'s form before a line that is a header: other lines
    that begin with "From " belong to the message, and so does what is within the length that
    the header tells, if a message ends there.
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
        """Add a line; return how many octets follow it, at the end of a header that tells it."""
        if whole and line.startswith(b">") and _GUARDED.match(line):
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
        """Add what is no line."""
        self._size += len(text)
        if self._size <= LARGEST:
            self._content += text

    def finish(self) -> RawMessage:
        """Return the message as it is."""
        separator = self._separator
        cut = self._size > LARGEST
        return RawMessage(separator.sender, separator.arrived, bytes(self._content), cut)


class _Lines:
    # A line without an end comes in pieces; no piece of it but the first can be a separator.
    def __init__(self, stream: BufferedReader) -> None:
        self._stream = stream
        self._starts = True
        self._honest = True
        self.ahead = stream.readline(PIECE)

    def take(self) -> tuple[bytes, bool]:
        """Return the next line, and whether it is one from its beginning."""
        line, starts = self.ahead, self._starts
        self._starts = line.endswith(b"\n")
        self.ahead = self._stream.readline(PIECE)
        return line, starts

    def take_text(self, length: int) -> bytes:
        """Return the next *length* octets if a message ends there, else none of them."""
        # A file has its lengths from one program: where one is wrong, none is believed.
        if not self._honest or not len(self.ahead) <= length <= LARGEST:
            return b""
        text = self.ahead + self._stream.read(length - len(self.ahead))
        behind = self._stream.readline(PIECE)
        blank = behind if not behind.strip() else b""
        following = self._stream.readline(PIECE) if blank else behind
        if len(text) == length and (not following or read_separator(following)):
            self.ahead, self._starts = following, True
            return text
        self._honest = False
        self._stream = put_back(text + blank + following, self._stream)
        self.ahead = self._stream.readline(PIECE)
        return b""
