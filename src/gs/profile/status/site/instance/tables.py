# SPDX-License-Identifier: MIT
"""A table of a TOML file, read strictly: each key once, of its type, and no key too many."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, cast

from .errors import ConfigError


class ConfigTable:
    """The keys of one table; each that was asked for is known."""

    def __init__(self, file: Path, name: str, values: Mapping[str, Any]) -> None:
        self._file = file
        self._name = name
        self._values = values
        self._known: set[str] = set()

    def __contains__(self, key: str) -> bool:
        """Return whether the key is set."""
        return key in self._values

    def text(self, key: str, right: str) -> str | None:
        """Return a text that is not empty; *right* says what would be right."""
        value = self._value(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise self.wrong(key, right)
        return value

    def secret(self, key: str) -> str | None:
        """Return a text of any characters."""
        value = self._value(key)
        if value is not None and not isinstance(value, str):
            raise self.wrong(key, 'it is a text: "…"')
        return value

    def number(self, key: str, default: int, least: int, most: int) -> int:
        """Return a whole number."""
        value = self._value(key, default)
        if type(value) is not int or not least <= value <= most:
            raise self.wrong(key, f"it is a whole number from {least} to {most}")
        return value

    def seconds(self, key: str, default: float) -> float:
        """Return a number of seconds above nought."""
        value = self._value(key, default)
        if type(value) not in {int, float} or not 0 < value <= 86_400:  # noqa: PLR2004 - a day
            raise self.wrong(key, "it is a number of seconds, above 0 and up to 86400")
        return float(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return whether something is to be."""
        value = self._value(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "it is true or false")
        return value

    def choice(self, key: str, choices: Collection[str]) -> str | None:
        """Return one of the *choices*."""
        value = self._value(key)
        if value is not None and value not in choices:
            raise self.wrong(key, "it is one of " + ", ".join(f'"{one}"' for one in choices))
        return cast("str | None", value)

    def table(self, key: str) -> "ConfigTable":
        """Return the table of that name; it is empty where the file has none."""
        values = self._value(key, {})
        if not isinstance(values, dict):
            raise self.wrong(key, f"it is a table: [{key}]")
        return ConfigTable(self._file, key, values)

    def finish(self) -> None:
        """Raise :exc:`ConfigError` for a key that nobody asked for."""
        for key in self._values:
            if key not in self._known:
                known = ", ".join(sorted(self._known))
                raise self.wrong(key, f"there is no such key; there are {known}")

    def wrong(self, key: str, right: str) -> ConfigError:
        """Return the error of a *key*; the value is not shown, for it may be a secret."""
        return self.problem(f"{_shown(key)}: {right}")

    def problem(self, text: str) -> ConfigError:
        """Return the error of the whole table."""
        place = f"[{self._name}] " if self._name else ""
        return ConfigError(f"{self._file}: {place}{text}.")

    def _value(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - of any type, in TOML
        self._known.add(key)
        return self._values.get(key, default)


def _shown(key: str) -> str:
    return key if key.isprintable() and len(key) < 100 else ascii(key)[:100]  # noqa: PLR2004
