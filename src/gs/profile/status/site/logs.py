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

Format: TypeAlias = Literal["json", "text"]
Level: TypeAlias = Literal["debug", "info", "warning", "error"]

# The logger of the whole site.
_NAME: Final = "gs.profile.status.site"
# The attribute of a record with the fields of its event.
_FIELDS: Final = "fields"

_MAX_CAUSES: Final = 5
_MAX_FRAMES: Final = 25


class Log:
    """Writes events with named fields.

    Only :meth:`debug` may have profile IDs. No method may have names, addresses, tokens, the keys
    of links, or raw paths.
    """

    def __init__(self) -> None:
        self._logger = logging.getLogger(_NAME)

    def debug(self, event: str, **fields: object) -> None:
        """Log what helps to find an error; the fields may have a profile ID."""
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        """Log an expected event."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Log what an administrator should look at."""
        self._write(logging.WARNING, event, fields)

    def failure(self, event: str, error: BaseException, **fields: object) -> None:
        """Log that an operation failed: the type and the place of *error*, never its text."""
        self._write(logging.ERROR, event, fields, error)

    def _write(
        self, level: int, event: str, fields: dict[str, object], error: BaseException | None = None
    ) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, exc_info=error, extra={_FIELDS: fields})


def set_up_log(stream: TextIO, level: Level = "info", form: Format | None = None) -> None:
    """Write the log to *stream* from now on, from *level* upwards; replace any log before.

    Without a *form* it is text on a terminal, and JSON for a program that reads it elsewhere.
    Libraries log from ``warning`` upwards, whatever the *level*: below it, some log the
    parameters of queries.
    """
    form = form or ("text" if stream.isatty() else "json")
    handler = _Handler(stream)
    handler.setFormatter(_FORMATTERS[form]())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(_NAME).setLevel(level.upper())


class _Handler(logging.StreamHandler[TextIO]):
    """A handler that drops a line rather than fail the request that it is about."""

    def handleError(self, _record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Write nothing: the stream is broken, and the line may not be shown elsewhere."""


# A value that stands in a line of text as it is.
_PLAIN: Final = re.compile(r"[\w./:{}()+,@-]+", re.ASCII)
# Made once: json.dumps() makes an encoder for each call with options.
_encode: Final = json.JSONEncoder(default=str).encode


class _JsonFormatter(logging.Formatter):
    """One object a line: time (UTC), level and event, then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. It is ASCII, so that it stays one line whatever the fields have."""
        line = {"time": _time(record), "level": record.levelname.lower(), **_event(record)}
        if record.exc_info and record.exc_info[1]:
            line["error"] = _describe(record.exc_info[1])
        return _encode(line)


class _TextFormatter(logging.Formatter):
    """A line for people: time, level, event, then the fields as ``name=value``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; for an error, with further lines, indented."""
        fields = _event(record)
        event = fields.pop("event")
        pairs = " ".join(f"{name}={_plain(value)}" for name, value in fields.items())
        line = f"{_time(record)} {record.levelname.lower():7} {_plain(event)} {pairs}".rstrip()
        lines = [line]
        if record.exc_info and record.exc_info[1]:
            for error in _with_causes(record.exc_info[1]):
                code = _code(error)
                lines.append(f"    {_type(error)}" + ("" if code is None else f" ({code})"))
                lines += [f"        {frame}" for frame in _place(error)]
        return "\n".join(lines)


_FORMATTERS: Final = {"json": _JsonFormatter, "text": _TextFormatter}


def _event(record: logging.LogRecord) -> dict[str, object]:
    fields = getattr(record, _FIELDS, None)
    if fields is not None:
        return {"event": record.getMessage(), **fields}
    # A library's record: the lines after the first may quote an exception.
    message = (record.getMessage().splitlines() or [""])[0]
    return {"event": "message", "logger": record.name, "message": message}


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: object) -> str:
    # The result has neither a line break nor a control sequence of a terminal.
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def code_of(error: BaseException) -> str | int | None:
    """Return the code of an error, or else of the first of its causes that has one."""
    codes = map(_code, _with_causes(error))
    return next((code for code in codes if code is not None), None)


def _describe(error: BaseException) -> list[dict[str, object]]:
    described: list[dict[str, object]] = []
    for one in _with_causes(error):
        code = _code(one)
        with_code = {} if code is None else {"code": code}
        described.append({"type": _type(one), **with_code, "place": _place(one)})
    return described


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_MAX_CAUSES):
        if error is None:
            return
        yield error
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        else:
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _type(error: BaseException) -> str:
    kind = type(error)
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _code(error: BaseException) -> str | int | None:
    """Return the name that a standard or a database has for the error.

    For example ``ECONNREFUSED``, ``SQLITE_BUSY``, an SQLSTATE, or the code of an SMTP reply.
    """
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorname", None)
    elif isinstance(error, OSError) and error.errno:
        code = errno.errorcode.get(error.errno)
    else:
        # Of psycopg and smtplib, which need not be imported for this.
        code = getattr(error, "sqlstate", None) or getattr(error, "smtp_code", None)
    return code if isinstance(code, str | int) else None


def _place(error: BaseException) -> list[str]:
    """Return the frames as ``module:line function``, the innermost last."""
    frames = [
        f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    return frames[-_MAX_FRAMES:]
