# SPDX-License-Identifier: MIT
"""Finds out when a message was written, whatever its Date header says."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from .findings import Finding, Findings
from .years import is_plausible

# A message is written before it arrives: long before, if a moderator had to let it through.
_EARLIEST: Final = timedelta(days=31)
_LATEST: Final = timedelta(days=1)


def date_of(header: str | None, arrived: datetime | None, findings: Findings) -> datetime | None:
    """Return the moment of writing: that of the header, or of the arrival where it is wrong.

    A date without a zone is taken as UTC. ``None``: neither of the two is a date.
    """
    written = _parse(header or "")
    if written is not None and written.tzinfo is None:
        findings.note(Finding.NO_ZONE)
        written = written.replace(tzinfo=UTC)
    if written is None:
        findings.note(Finding.NO_DATE if arrived else Finding.NO_DATE_AT_ALL)
        return arrived
    if arrived and not arrived - _EARLIEST <= written <= arrived + _LATEST:
        findings.note(Finding.WRONG_DATE)
        return arrived
    return written.astimezone(UTC)


def _parse(header: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(header[:200])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if is_plausible(date) else None
