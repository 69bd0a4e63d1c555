# SPDX-License-Identifier: MIT
"""Sets the log up, for all of the process."""

import logging
from typing import Final, Literal, TextIO, TypeAlias

from .formats import JsonFormatter, TextFormatter
from .log import NAME

Format: TypeAlias = Literal["json", "text"]
Level: TypeAlias = Literal["debug", "info", "warning", "error"]

_FORMATTERS: Final = {"json": JsonFormatter, "text": TextFormatter}


def set_up(stream: TextIO, level: Level = "info", form: Format | None = None) -> None:
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
