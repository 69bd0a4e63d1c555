# SPDX-License-Identifier: MIT
"""Writes a record of the log as one line: JSON for programs, text for people."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Final

from .failures import describe
from .log import FIELDS

# What can stand in a line of text as it is.
_PLAIN: Final = re.compile(r"[\w./:{}()+,@-]+", re.ASCII)
# Made once: json.dumps() makes one for each call that says how.
_encode: Final = json.JSONEncoder(default=str).encode


class JsonFormatter(logging.Formatter):
    """An object a line: its time (UTC), level and event, then its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, of ASCII alone: whatever is in a field, it stays one line."""
        said = {"time": _time(record), "level": record.levelname.lower(), **_event(record)}
        if record.exc_info and record.exc_info[1]:
            said["error"] = describe(record.exc_info[1])
        return _encode(said)


class TextFormatter(logging.Formatter):
    """A line to read: time, level, event, then the fields as ``name=value``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and for an error a few more, indented."""
        fields = _event(record)
        event = fields.pop("event")
        said = " ".join(f"{name}={_plain(value)}" for name, value in fields.items())
        line = f"{_time(record)} {record.levelname.lower():7} {_plain(event)} {said}".rstrip()
        if not (record.exc_info and record.exc_info[1]):
            return line
        return "\n".join([line, *_error_lines(record.exc_info[1])])


def _event(record: logging.LogRecord) -> dict[str, object]:
    fields = getattr(record, FIELDS, None)
    if fields is not None:
        return {"event": record.getMessage(), **fields}
    # Of a library. What comes after the first line may quote an exception.
    message = (record.getMessage().splitlines() or [""])[0]
    return {"event": "message", "logger": record.name, "message": message}


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: object) -> str:
    # Neither a line break nor a terminal's control sequence gets through.
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _error_lines(error: BaseException) -> list[str]:
    lines: list[str] = []
    for one in describe(error):
        code = f" ({one['code']})" if "code" in one else ""
        place = one["place"]
        assert isinstance(place, list)  # noqa: S101 - describe() says so
        lines += [f"    {one['type']}{code}", *(f"        {frame}" for frame in place)]
    return lines
