# SPDX-License-Identifier: MIT
"""Reads what a row says of a person, and checks each cell of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError

from gs.profile.status.site.addresses import AddressError, fold, parse_new_address
from gs.profile.status.site.text import is_harmful

from .csvfile import Row, RowErrors, shown

_LONGEST_CELL: Final = 10_000
_LONGEST_NAME: Final = 255
_BETWEEN: Final = re.compile(r"[\s,;]+")
_ID: Final = re.compile(r"[!-~]{1,64}")
_PLACE: Final = re.compile(r"[\w.~-]{1,64}|[\w.~-]{1,64}/[\w.~-]{0,64}", re.ASCII)
_ROLES: Final = frozenset({"", "member", "admin"})

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row says of a person; what it leaves empty is left as it is.

    *places* are groups as they are written: ``group``, ``site/group``, or ``site/`` for the site.
    """

    line: int
    user_id: str
    name: str
    addresses: tuple[str, ...]
    language: str
    timezone: str
    places: tuple[str, ...]
    role: str


class _WrongError(Exception):
    """What is wrong with a cell."""


@dataclass(frozen=True, slots=True)
class EntryReader:
    """Reads rows; what is wrong with their cells is added to *faults*."""

    faults: RowErrors
    _languages: dict[str, str] = field(default_factory=dict)
    _timezones: set[str] = field(default_factory=set)

    def read(self, row: Row) -> Entry | None:
        """Return what the row says, ``None`` where a cell is wrong."""
        before = self.faults.count
        entry = Entry(
            line=row.line,
            user_id=self._cell(row, "ID", _id) or "",
            name=self._cell(row, "name", _name) or "",
            addresses=self._cell(row, "addresses", _addresses) or (),
            language=self._cell(row, "language", self._language) or "",
            timezone=self._cell(row, "time zone", self._timezone) or "",
            places=self._cell(row, "groups", _places) or (),
            role=self._cell(row, "role", _role) or "",
        )
        if self.faults.count == before and not entry.user_id and not entry.addresses:
            self.faults.add(row.line, "it has neither an ID nor an address")
        return entry if self.faults.count == before else None

    def _cell(self, row: Row, column: str, read: Callable[[str], _T]) -> _T | None:
        text = row.cells.get(column, "").strip()
        try:
            return read(_plain(text)) if text else None
        except _WrongError as error:
            self.faults.add(row.line, f"{column}: {error}")
            return None

    def _language(self, text: str) -> str:
        if text not in self._languages:
            try:
                locale = Locale.parse(text.replace("_", "-"), sep="-")
            except (UnknownLocaleError, ValueError) as error:
                right = "is no language such as en, pt-BR or zh-Hant"
                raise _WrongError(f"{shown(text)} {right}") from error
            self._languages[text] = str(locale).replace("_", "-")
        return self._languages[text]

    def _timezone(self, text: str) -> str:
        if not self._timezones:
            self._timezones.update(available_timezones())
        if text not in self._timezones:
            raise _WrongError(f"{shown(text)} is no time zone such as Europe/Berlin or UTC")
        return text


def _plain(text: str) -> str:
    if len(text) > _LONGEST_CELL:
        raise _WrongError(f"it has {len(text):,} characters; {_LONGEST_CELL:,} are the most")
    if is_harmful(text):
        raise _WrongError("it has a control character, or one that turns the text around")
    return text


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise _WrongError(f"{shown(text)} is no ID: up to 64 characters of ASCII, without spaces")
    return text


def _name(text: str) -> str:
    name = " ".join(text.split())
    if len(name) > _LONGEST_NAME:
        raise _WrongError(f"it has {len(name)} characters; {_LONGEST_NAME} are the most")
    return name


def _addresses(text: str) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for address in filter(None, _BETWEEN.split(text)):
        try:
            parse_new_address(address)
        except AddressError as error:
            raise _WrongError(f"{shown(address)} is no e-mail address: {error}") from error
        found.setdefault(fold(address), address)
    return tuple(found.values())


def _places(text: str) -> tuple[str, ...]:
    places = tuple(dict.fromkeys(filter(None, _BETWEEN.split(text))))
    for place in places:
        if not _PLACE.fullmatch(place):
            raise _WrongError(
                f"{shown(place)} is no ID of a group: letters without accents, digits, . _ - and ~"
            )
    return places


def _role(text: str) -> str:
    role = text.casefold()
    if role not in _ROLES:
        raise _WrongError(f"{shown(text)} is neither member nor admin")
    return role
