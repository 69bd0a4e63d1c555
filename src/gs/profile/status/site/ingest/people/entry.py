# SPDX-License-Identifier: MIT
"""Reads what a row says of a person, and checks each of its cells."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import BinaryIO, Final
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError

from gs.profile.status.site.addresses import AddressError, fold, parse_new_address
from gs.profile.status.site.text import is_harmful

from .csvfile import CsvRow, RowErrors, read_rows, shown

_LONGEST_CELL: Final = 10_000
_LONGEST_NAME: Final = 255
_ID: Final = re.compile(r"[!-~]{1,64}")
_GROUP: Final = re.compile(r"[\w.~-]{1,64}|[\w.~-]{1,64}/[\w.~-]{0,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row says of a person; an empty value means no change.

    *values* are the name, the language and the time zone, by their columns, without empty ones.
    *groups* are as the file writes them: ``group``, ``site/group``, or ``site/`` for a site.
    """

    line: int
    user_id: str
    values: dict[str, str]
    addresses: tuple[str, ...]
    groups: tuple[str, ...]
    role: str


def read_entries(stream: BinaryIO, errors: RowErrors) -> Iterator[Entry]:
    """Yield what the rows say; a wrong cell is added to *errors*, and its row is left out.

    Raises :exc:`.NotACsvError`.
    """
    for row in read_rows(stream, errors):
        before = errors.count
        cells = {column: _read_cell(row, column, errors) for column in row.cells}
        entry = Entry(
            line=row.line,
            user_id=cells.get("ID", ""),
            values={column: cells[column] for column in _VALUES if cells.get(column)},
            addresses=_unique(cells.get("addresses", ""), key=fold),
            groups=_unique(cells.get("groups", ""), key=str),
            role=cells.get("role", ""),
        )
        if errors.count == before and not entry.user_id and not entry.addresses:
            errors.add(row.line, "it has neither an ID nor an address")
        if errors.count == before:
            yield entry


class _CellError(Exception):
    """A cell is wrong; the message says how."""


def _read_cell(row: CsvRow, column: str, errors: RowErrors) -> str:
    text = row.cells[column].strip()
    try:
        return _READ[column](_checked(text)) if text else ""
    except _CellError as error:
        errors.add(row.line, f"{column}: {error}")
        return ""


def _checked(text: str) -> str:
    if len(text) > _LONGEST_CELL:
        raise _CellError(f"it has {len(text):,} characters; at most {_LONGEST_CELL:,} are allowed")
    if is_harmful(text):
        raise _CellError(
            "it has a control character, or one that changes the direction of the text"
        )
    return text


def _unique(text: str, key: Callable[[str], str]) -> tuple[str, ...]:
    parts: dict[str, str] = {}
    for part in _split(text):
        parts.setdefault(key(part), part)
    return tuple(parts.values())


def _split(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,;]+", text) if part]


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise _CellError(
            f"{shown(text)} is not an ID: up to 64 characters of ASCII, without spaces"
        )
    return text


def _name(text: str) -> str:
    name = " ".join(text.split())
    if len(name) > _LONGEST_NAME:
        raise _CellError(f"it has {len(name)} characters; at most {_LONGEST_NAME} are allowed")
    return name


def _addresses(text: str) -> str:
    for address in _split(text):
        try:
            parse_new_address(address)
        except AddressError as error:
            raise _CellError(f"{shown(address)} is not an e-mail address: {error}") from error
    return text


@lru_cache(1_000)
def _language(text: str) -> str:
    try:
        locale = Locale.parse(text.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError) as error:
        example = "such as en, pt-BR or zh-Hant"
        raise _CellError(f"{shown(text)} is not a language {example}") from error
    return str(locale).replace("_", "-")


def _timezone(text: str) -> str:
    if text not in _timezones():
        raise _CellError(f"{shown(text)} is not a time zone such as Europe/Berlin or UTC")
    return text


@cache
def _timezones() -> set[str]:
    return available_timezones()


def _groups(text: str) -> str:
    for group in _split(text):
        if not _GROUP.fullmatch(group):
            raise _CellError(
                f"{shown(group)} is not the ID of a group: letters without accents, digits, "
                ". _ - and ~"
            )
    return text


def _role(text: str) -> str:
    role = text.casefold()
    if role not in {"member", "admin"}:
        raise _CellError(f"{shown(text)} is neither member nor admin")
    return role


_VALUES: Final = ("name", "language", "time zone")
_READ: Final[dict[str, Callable[[str], str]]] = {
    "ID": _id,
    "name": _name,
    "addresses": _addresses,
    "language": _language,
    "time zone": _timezone,
    "groups": _groups,
    "role": _role,
}
