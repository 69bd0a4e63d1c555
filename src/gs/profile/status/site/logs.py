# SPDX-License-Identifier: MIT
"""The log: events with named fields, as JSON or text, without personal data."""

import errno
import json
import logging
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from traceback import walk_tb
from typing import Final, Literal, TextIO, TypeAlias

_MOST_CAUSES: Final = 5
_MOST_FRAMES: Final = 25


def describe_error(error: BaseException) -> list[dict[str, object]]:
    """Return the *error*, and what it came from, as a type, a code and a place each.

    The code is what a standard or a database calls it: ``ECONNREFUSED``, ``SQLITE_BUSY``, an
    SQLSTATE, the code of an SMTP reply. The place is a list of ``module:line function``, the
    innermost last.
    """
    return [
        {"type": _type(one), **_code(one), "place": _place(one)} for one in _with_causes(error)
    ]


def code_of(error: BaseException) -> str | int | None:
    """Return the code of an error, or of the first that it came from and that has one."""
    codes = (_code(one).get("code") for one in _with_causes(error))
    return next((code for code in codes if code is not None), None)


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_MOST_CAUSES):
        if error is None:
            return
        yield error
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        else:
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _type(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def _code(error: BaseException) -> dict[str, str | int]:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorname", None)
    elif isinstance(error, OSError) and error.errno:
        code = errno.errorcode.get(error.errno)
    else:
        # psycopg and smtplib; neither has to be installed, or imported, for it.
        code = getattr(error, "sqlstate", None) or getattr(error, "smtp_code", None)
    return {"code": code} if isinstance(code, str | int) else {}


def _place(error: BaseException) -> list[str]:
    frames = [
        f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    return frames[-_MOST_FRAMES:]


#: The logger of the whole site.
NAME: Final = "gs.profile.status.site"
#: Where a record keeps the fields of its event.
FIELDS: Final = "fields"


class Log:
    """Names what has happened, with fields that say more about it.

    Profile IDs are for :meth:`debug` alone. Names, addresses, tokens, the keys of links and raw
    paths are for nothing here.
    """

    def __init__(self) -> None:
        self._logger = logging.getLogger(NAME)

    def debug(self, event: str, **fields: object) -> None:
        """Say what helps to find a fault; a profile ID may be among it."""
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        """Say what is as it should be."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Say what somebody had better look at."""
        self._write(logging.WARNING, event, fields)

    def failure(self, event: str, error: BaseException, **fields: object) -> None:
        """Say that something broke: which *error* it was and where, and nothing of its text."""
        self._write(logging.ERROR, event, fields, error)

    def _write(
        self, level: int, event: str, fields: dict[str, object], error: BaseException | None = None
    ) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, exc_info=error, extra={FIELDS: fields})


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
            said["error"] = describe_error(record.exc_info[1])
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
    for one in describe_error(error):
        code = f" ({one['code']})" if "code" in one else ""
        place = one["place"]
        assert isinstance(place, list)  # noqa: S101 - describe() says so
        lines += [f"    {one['type']}{code}", *(f"        {frame}" for frame in place)]
    return lines


Format: TypeAlias = Literal["json", "text"]
Level: TypeAlias = Literal["debug", "info", "warning", "error"]

_FORMATTERS: Final = {"json": JsonFormatter, "text": TextFormatter}


def set_up_log(stream: TextIO, level: Level = "info", form: Format | None = None) -> None:
    """Write the log to *stream* from now on, from *level* upwards; it replaces any log before.

    Without a *form* it is text on a terminal, and JSON elsewhere: there it is a program that
    reads. Libraries are heard from ``warning`` upwards whatever the *level*: below it some of
    them tell the parameters of queries.
    """
    form = form or ("text" if stream.isatty() else "json")
    handler = _Handler(stream)
    handler.setFormatter(_FORMATTERS[form]())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(NAME).setLevel(level.upper())


class _Handler(logging.StreamHandler[TextIO]):
    """A handler that loses a line rather than the request that it is about."""

    def handleError(self, _record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Say nothing: the stream is what is broken, and what it was to say may not be shown."""
