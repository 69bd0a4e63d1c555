# SPDX-License-Identifier: MIT
"""What the database raises when it cannot be asked now, and may well be later."""

from typing import Final

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

#: It is away, locked, full or read-only, or all connections to it are in use. An internal error
#: may be something else: who has to be certain asks :func:`is_away`.
NO_DATABASE: Final = (OperationalError, InterfaceError, InternalError, PoolTimeoutError)

# The class of PostgreSQL's SQLSTATEs on transactions: read-only after a failover, or idle for too
# long. To psycopg that is an internal error; all others that pass are operational ones.
_TRANSACTION: Final = "25"


def is_away(error: BaseException) -> bool:
    """Return whether *error* says that the database may work later; any other is a bug."""
    if isinstance(error, InternalError):
        state = getattr(error.orig, "sqlstate", None)
        return state is not None and state.startswith(_TRANSACTION)
    return isinstance(error, NO_DATABASE)
