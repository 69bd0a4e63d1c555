# SPDX-License-Identifier: MIT
"""What goes wrong in a command: as a line that says what to do, and an exit code."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from gs.profile.status.site.ingest.archives import BrokenArchiveError
from gs.profile.status.site.instance import ConfigError
from gs.profile.status.site.instance.holding import HeldError
from gs.profile.status.site.store.database import DatabaseURLError
from gs.profile.status.site.store.migrating import NotOurDatabaseError

# As sysexits.h has them.
EX_USAGE: Final = 64
EX_DATAERR: Final = 65
EX_NOINPUT: Final = 66
EX_NOUSER: Final = 67
EX_UNAVAILABLE: Final = 69
EX_CANTCREAT: Final = 73
EX_IOERR: Final = 74
EX_TEMPFAIL: Final = 75
EX_CONFIG: Final = 78


class CommandError(Exception):
    """What was wrong, and what to do about it; *code* is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def faults_told() -> Iterator[None]:
    """Turn the faults of files, settings and databases into :exc:`CommandError`."""
    try:
        yield
    except (ConfigError, NotOurDatabaseError) as error:
        raise CommandError(str(error), EX_CONFIG) from error
    except DatabaseURLError as error:
        raise CommandError(f"The database: {error}", EX_CONFIG) from error
    except HeldError as error:
        message = f"Another sendprofile-site makes a site in {error.lock.parent}."
        raise CommandError(message, EX_CANTCREAT) from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise CommandError(f"The database: {_reason(error)}.", EX_IOERR) from error
    except BrokenArchiveError as error:
        raise CommandError(f"{error}; get it anew.", EX_DATAERR) from error
    except FileExistsError as error:
        raise CommandError(f"{error.filename} is there already.", EX_CANTCREAT) from error
    except OSError as error:
        message = f"{error.filename or 'The site'}: {error.strerror or error}."
        raise CommandError(message, EX_IOERR) from error


def _reason(error: Exception) -> str:
    # The driver's own words, without the statement and its values, and the first line alone:
    # PostgreSQL adds the values of a row in the others.
    said = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    return said.splitlines()[0].rstrip(".") if said else type(error).__name__
