# SPDX-License-Identifier: MIT
"""Reads the line that separates two messages of an mbox file, in each of its spellings."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from .years import is_plausible

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
    """Who sent the message that follows, and when it arrived: UTC where no zone is said."""

    sender: str
    arrived: datetime | None


def read_separator(line: bytes) -> Separator | None:
    """Return what *line* says, ``None`` where it separates nothing.

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
