# SPDX-License-Identifier: MIT
"""Reads the rows of a CSV file (RFC 4180, and as spreadsheets write it) and their errors."""

import csv
import io
import re
from bisect import insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import BinaryIO, Final

#: How many are kept.
SHOWN: Final = 100
_LONGEST: Final = 60


class RowErrors:
    """The faults of a file, in the order of its lines."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[tuple[int, str]] = []

    def add(self, line: int, text: str) -> None:
        """Keep that *text* is wrong in a line, or only count it."""
        self.count += 1
        insort(self._first, (line, text), key=itemgetter(0))
        del self._first[SHOWN:]

    @property
    def lines(self) -> list[str]:
        """What is wrong, in the order of the lines, as far as it was kept."""
        return [f"line {line}: {text}" for line, text in self._first]

    @property
    def more(self) -> int:
        """How many were only counted."""
        return self.count - len(self._first)


def shown(text: str) -> str:
    """Return *text* from a file so that it can be shown in a terminal: short, and in quotes."""
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return f"“{short}”" if short.isprintable() else f"“{ascii(short)[1:-1]}”"


#: The columns, one of the first and the third at least.
COLUMNS: Final = ("ID", "name", "addresses", "language", "time zone", "groups", "role")

_DELIMITERS: Final = ",;\t"
# In characters: as much as the csv module takes for one cell.
_LONGEST_LINE: Final = 131_072
_BETWEEN: Final = re.compile(r"[\s_-]+")
# How octets that are not UTF-8 are read.
_UNDECODABLE: Final = re.compile("[\udc80-\udcff]")
_NOT_UTF_8: Final = "it is not UTF-8: save the file as “CSV UTF-8”"


class NotACsvError(Exception):
    """The file has no header with the columns that are known; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its first line in the file, and its cells by the names of :data:`COLUMNS`."""

    line: int
    cells: Mapping[str, str]


def read_rows(stream: BinaryIO, faults: RowErrors) -> Iterator[Row]:
    """Yield the rows that are not empty; what is wrong with others is added to *faults*.

    Raises :exc:`NotACsvError`.
    """
    lines = _Lines(stream)
    delimiter, columns = _header(lines)
    begun = lines.count + 1
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLongError) as error:
            faults.add(begun, _reason(error))
        else:
            fault = _fault(cells, columns)
            if fault:
                faults.add(begun, fault)
            elif any(cells):
                yield Row(begun, dict(zip(columns, cells, strict=False)))
        begun = lines.count + 1


class _TooLongError(Exception):
    """A line is longer than any that could be right."""


class _Lines:
    """The lines of a file; no more of one is held than may be right."""

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
    try:
        first = next(lines, "")
        told = re.fullmatch(r'"?sep=(.)"?\s*', first)  # as Excel writes and reads it
        if told:
            first = next(lines, "")
        delimiter = told[1] if told else max(_DELIMITERS, key=first.count)
        names = next(csv.reader([first], delimiter=delimiter, strict=True), [])
    except (csv.Error, TypeError, _TooLongError) as error:
        raise NotACsvError("The first line is no header of a CSV file.") from error
    while names and not names[-1].strip():
        names.pop()
    return delimiter, _columns(names)


def _columns(names: list[str]) -> list[str]:
    known = {_folded(name): name for name in COLUMNS}
    for name in names:
        if _UNDECODABLE.search(name):
            raise NotACsvError(f"In the first line {_NOT_UTF_8}.")
        if _folded(name) not in known:
            raise NotACsvError(
                f"There is no column {shown(name)}: the first line names some of "
                f"{', '.join(COLUMNS)}."
            )
    columns = [known[_folded(name)] for name in names]
    for column in columns:
        if columns.count(column) > 1:
            raise NotACsvError(f"The column {column} is there twice.")
    if not {"ID", "addresses"} & set(columns):
        raise NotACsvError("The first line is to name a column ID, or addresses, or both.")
    return columns


def _folded(name: str) -> str:
    return _BETWEEN.sub("", name).casefold()


def _fault(cells: list[str], columns: list[str]) -> str | None:
    if any(cells[len(columns) :]):
        return f"it has {len(cells)} cells, and the header {len(columns)}"
    return _NOT_UTF_8 if _UNDECODABLE.search("".join(cells)) else None


def _reason(error: Exception) -> str:
    if isinstance(error, _TooLongError) or "larger" in str(error):
        return f"a cell is longer than {_LONGEST_LINE:,} characters, or its quotation mark is open"
    return "its quotation marks are not in pairs around a cell"
