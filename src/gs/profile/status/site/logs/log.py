# SPDX-License-Identifier: MIT
"""Writes events to the log."""

import logging
from typing import Final

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
