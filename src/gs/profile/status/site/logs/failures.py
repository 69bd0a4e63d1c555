# SPDX-License-Identifier: MIT
"""Describes an exception without its text, which may quote a form, an address, a row."""

import errno
import sqlite3
from collections.abc import Iterator
from traceback import walk_tb
from typing import Final

_MOST_CAUSES: Final = 5
_MOST_FRAMES: Final = 25


def describe(error: BaseException) -> list[dict[str, object]]:
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
