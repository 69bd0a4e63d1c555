# SPDX-License-Identifier: MIT
"""The exit code of each error and of each end of a run: ``os.EX_*``, from ``sysexits.h``."""

from __future__ import annotations

import os

from . import errors

TYPE_CHECKING = False  # for mypy; to import typing would double the time of --help
if TYPE_CHECKING:
    from gs.profile.status.send.run.model import StopCause, Tally

#: The names of sendprofile 1.0.1.
exit_vals = {
    "success": os.EX_OK,
    "config_error": os.EX_CONFIG,
    "url_bung": os.EX_USAGE,
    "communication_failure": os.EX_PROTOCOL,
    "socket_error": os.EX_TEMPFAIL,
    "json_decode_error": os.EX_PROTOCOL,
    "no_user": os.EX_NOUSER,
}

_ERRORS = (
    (errors.UsageError, os.EX_USAGE),
    (errors.ConfigError, os.EX_CONFIG),
    (errors.HostNotFoundError, os.EX_NOHOST),
    (errors.UnreachableError, os.EX_TEMPFAIL),
    (errors.BusyError, os.EX_TEMPFAIL),
    (errors.ProtocolError, os.EX_PROTOCOL),
    (errors.TokenRefusedError, os.EX_NOPERM),
    (errors.NoLedgerError, os.EX_CANTCREAT),
    (errors.LedgerError, os.EX_IOERR),
    (errors.NotListedError, os.EX_NOUSER),
    (errors.LockHeldError, os.EX_TEMPFAIL),
)

# By the name of the cause, because the model takes long to import. For a signal it is the code of
# a shell: 128 and the number of the signal.
_CAUSES = {
    "HANG_UP": 128 + 1,
    "INTERRUPT": 128 + 2,
    "TERMINATE": 128 + 15,
    "TOKEN_REFUSED": os.EX_NOPERM,
    "NOT_A_SITE": os.EX_PROTOCOL,
}


def code_of_error(error: errors.SendProfileError) -> int:
    """Return the exit code of an invocation that *error* ended."""
    if isinstance(error, errors.StoppedAtOnceError):
        return _CAUSES.get(error.cause.name, os.EX_TEMPFAIL)
    return next((code for kind, code in _ERRORS if isinstance(error, kind)), os.EX_SOFTWARE)


def code_of_run(tally: Tally, cause: StopCause | None) -> int:
    """Return the exit code of a run that ended with *tally*, perhaps stopped by *cause*."""
    if cause is not None and cause.name in _CAUSES:
        return _CAUSES[cause.name]
    return os.EX_OK if tally.complete else os.EX_TEMPFAIL
