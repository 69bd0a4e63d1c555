# SPDX-License-Identifier: MIT
"""Gives the octets of a file in lines, whatever begins the file and ends its lines."""

from io import BufferedReader, BytesIO, RawIOBase
from typing import BinaryIO, Final

_MARK: Final = b"\xef\xbb\xbf"
#: How much is read at once, and how much of a line without an end comes in one piece.
PIECE: Final = 65_536


def open_lines(file: BinaryIO) -> BufferedReader:
    """Return *file* without a byte order mark, and with line feeds where it has none but CR."""
    beginning = file.read(PIECE).removeprefix(_MARK)
    bare = b"\r" in beginning and b"\n" not in beginning
    return BufferedReader(_Replay(beginning, file, bare=bare), PIECE)


def put_back(octets: bytes, stream: BufferedReader) -> BufferedReader:
    """Return *stream* with *octets* before what is left of it."""
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
