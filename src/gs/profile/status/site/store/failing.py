# SPDX-License-Identifier: MIT
"""What the database raises when it cannot be asked now, and may well be later."""

from typing import Final

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

#: It is away, locked or full, or all connections to it are in use. Anything else is a bug.
NO_DATABASE: Final = (OperationalError, InterfaceError, PoolTimeoutError)
