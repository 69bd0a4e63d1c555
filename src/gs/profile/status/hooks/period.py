# SPDX-License-Identifier: MIT
"""The period: the calendar month that a notification reports on."""

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The calendar month that a notification reports on."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Return the period of *text*, ``YYYY-MM``; raises :exc:`ValueError` for other texts."""
        period = cls.of(date.fromisoformat(f"{text}-01"))
        if period.year in {MINYEAR, MAXYEAR}:
            raise ValueError("the first and the last year are not supported")
        return period

    @classmethod
    def of(cls, day: date) -> "Period":
        """Return the month that *day* is in."""
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)

    def before(self) -> "Period":
        """Return the month before this one."""
        year, month = divmod(self.year * 12 + self.month - 2, 12)
        return Period(year, month + 1)

    def after(self) -> "Period":
        """Return the month after this one."""
        year, month = divmod(self.year * 12 + self.month, 12)
        return Period(year, month + 1)

    def __str__(self) -> str:
        """Return ``YYYY-MM``."""
        return f"{self.year:04}-{self.month:02}"
