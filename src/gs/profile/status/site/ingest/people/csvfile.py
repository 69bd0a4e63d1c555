# SPDX-License-Identifier: MIT
"""Reads the rows of a CSV file (RFC 4180, and as spreadsheets write it), and keeps its errors."""

import csv
import io
import re
from bisect import insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import BinaryIO, Final

#: The columns; the first or the third is required.
COLUMNS: Final = ("ID", "name", "addresses", "language", "time zone", "groups", "role")

_MOST_ERRORS: Final = 100
_LONGEST_SHOWN: Final = 60
_DELIMITERS: Final = ",;\t"
# In characters: the limit of the csv module for one cell.
_LONGEST_LINE: Final = 131_072
# How octets that are not UTF-8 are read.
_UNDECODABLE: Final = re.compile("[\udc80-\udcff]")
_NOT_UTF_8: Final = "it is not UTF-8; save the file as “CSV UTF-8”"


class NotACsvError(Exception):
    """The file has no header with known columns; the message says what to correct."""


class RowErrors:
    """The errors in a file: the first of them by their lines, and the count of all."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[tuple[int, str]] = []

    def add(self, line: int, text: str) -> None:
        """Count the error *text* of a line, and keep it if it is one of the first."""
        self.count += 1
        insort(self._first, (line, text), key=itemgetter(0))
        del self._first[_MOST_ERRORS:]

    @property
    def lines(self) -> list[str]:
        """The errors that were kept, by their lines."""
        return [f"line {line}: {text}" for line, text in self._first]

    @property
    def more(self) -> int:
        """How many errors were only counted."""
        return self.count - len(self._first)


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row: its first line in the file, and its cells by the names in :data:`COLUMNS`."""

    line: int
    cells: Mapping[str, str]


def read_rows(stream: BinaryIO, errors: RowErrors) -> Iterator[CsvRow]:
    """Yield the rows that are not empty; a row that cannot be read is added to *errors*.

    Raises :exc:`NotACsvError`.
    """
    lines = _Lines(stream)
    delimiter, columns = _header(lines)
    line = lines.count + 1
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLongError) as error:
            errors.add(line, _reason(error))
        else:
            if any(cells[len(columns) :]):
                errors.add(line, f"it has {len(cells)} cells, and the header {len(columns)}")
            elif _UNDECODABLE.search("".join(cells)):
                errors.add(line, _NOT_UTF_8)
            elif any(cells):
                yield CsvRow(line, dict(zip(columns, cells, strict=False)))
        line = lines.count + 1


def shown(text: str) -> str:
    """Return *text* from a file as a terminal can show it: short, and in quotes."""
    short = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return f"“{short}”" if short.isprintable() else f"“{ascii(short)[1:-1]}”"


class _TooLongError(Exception):
    """A line is longer than a valid one can be."""


class _Lines:
    """The lines of a file; of a longer line than is valid, only a part is held in memory."""

    def __init__(self, stream: BinaryIO) -> None:
        self._text = io.TextIOWrapper(stream, "utf-8-sig", "surrogateescape", newline="")
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(_LONGEST_LINE)
        if not line:
            raise StopIteration
        self.count += 1
        if len(line) < _LONGEST_LINE or line.endswith(("\n", "\r")):
            return line
        while len(line) == _LONGEST_LINE and not line.endswith(("\n", "\r")):
            line = self._text.readline(_LONGEST_LINE)
        raise _TooLongError


def _header(lines: _Lines) -> tuple[str, list[str]]:
    """Return the delimiter of the file, and its columns by the names in :data:`COLUMNS`."""
    try:
        first = next(lines, "")
        named = re.fullmatch(r'"?sep=(.)"?\s*', first)  # as Excel writes and reads it
        if named:
            first = next(lines, "")
        delimiter = named[1] if named else max(_DELIMITERS, key=first.count)
        names = next(csv.reader([first], delimiter=delimiter, strict=True), [])
    except (csv.Error, TypeError, _TooLongError) as error:
        raise NotACsvError("The first line is not the header of a CSV file.") from error
    while names and not names[-1].strip():
        names.pop()
    return delimiter, _columns(names)


def _columns(names: list[str]) -> list[str]:
    known = {_plain(name): name for name in COLUMNS}
    for name in names:
        if _UNDECODABLE.search(name):
            raise NotACsvError(f"The first line cannot be read: {_NOT_UTF_8}.")
        if _plain(name) not in known:
            raise NotACsvError(
                f"There is no column {shown(name)}: the first line must name some of "
                f"{', '.join(COLUMNS)}."
            )
    columns = [known[_plain(name)] for name in names]
    for column in columns:
        if columns.count(column) > 1:
            raise NotACsvError(f"The first line names the column {column} twice.")
    if not {"ID", "addresses"} & set(columns):
        raise NotACsvError("The first line must name a column ID, or addresses, or both.")
    return columns


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()


def _reason(error: Exception) -> str:
    if isinstance(error, _TooLongError) or "larger" in str(error):
        return f"a cell is longer than {_LONGEST_LINE:,} characters, or a quotation mark is open"
    return "its quotation marks are not in pairs around a cell"
