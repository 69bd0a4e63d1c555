# SPDX-License-Identifier: MIT
"""Which of the processes that share a database are alive: each holds a lock while it is."""

import re
import secrets
from contextlib import suppress
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, func, select
from sqlalchemy.exc import SQLAlchemyError

# What is positive in PostgreSQL's bigint.
_MOST: Final = 2**63 - 1
_NUMBER: Final = re.compile("[0-9]{1,19}")


class WorkerLease:
    """The presence of this process, under a name that no process had before: the worker.

    In PostgreSQL it holds an advisory lock in a session of its own, which ends with the process,
    however it does. Where the database is SQLite there is no other process. One thread at a time.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._shared = engine.dialect.name == "postgresql"
        self._session: Connection | None = None
        #: The name of this process; it changes with :meth:`renew`.
        self.worker = ""
        self._begin()

    def is_present(self) -> bool:
        """Return whether the others can still see that the worker is alive: ask the database."""
        if not self._shared:
            return True
        if self._session is None:
            return False
        try:
            self._session.scalar(select(1))
        except SQLAlchemyError:
            # Given up for good: it would connect again, without the lock.
            self.close()
            return False
        return True

    def renew(self) -> None:
        """Be present under another name; others may have taken the one before for dead.

        Raises what the database does when it cannot be reached.
        """
        self.close()
        self._begin()

    def is_alive(self, connection: Connection, worker: str) -> bool:
        """Return whether the process that is, or was, *worker* is alive, this one included."""
        return worker == self.worker or is_alive(connection, worker)

    def close(self) -> None:
        """Be present no more."""
        session, self._session = self._session, None
        if session is not None:
            with suppress(SQLAlchemyError):
                session.close()

    def _begin(self) -> None:
        number = secrets.randbelow(_MOST)
        if self._shared:
            session = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            # Not the pool's: it would be given back there, and its lock with it.
            session.detach()
            session.execute(select(func.pg_advisory_lock(number)))
            self._session = session
        self.worker = str(number)


def is_alive(connection: Connection, worker: str) -> bool:
    """Return whether another process is, or was, *worker*, and is alive."""
    if connection.dialect.name != "postgresql" or not _NUMBER.fullmatch(worker):
        return False
    # Shared, so that two who look at once do not take each other for the worker; it is given back
    # with the transaction.
    return not connection.scalar(_TRY, {"number": int(worker) & _MOST})


_TRY: Final = select(func.pg_try_advisory_xact_lock_shared(bindparam("number")))
