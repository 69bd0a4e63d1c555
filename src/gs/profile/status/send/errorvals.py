# SPDX-License-Identifier: MIT
"""The exit codes: which error, or which end of a run, means which (after ``sysexits.h``)."""

from __future__ import annotations

from . import errors

TYPE_CHECKING = False  # for mypy; to import typing would double what --help costs
if TYPE_CHECKING:
    from gs.profile.status.send.run.model import StopCause, Tally

EX_OK = 0
EX_USAGE = 64
EX_NOUSER = 67
EX_NOHOST = 68
EX_SOFTWARE = 70
EX_CANTCREAT = 73
EX_IOERR = 74
EX_TEMPFAIL = 75
EX_PROTOCOL = 76
EX_NOPERM = 77
EX_CONFIG = 78

#: The names of sendprofile 1.0.1.
exit_vals = {
    "success": EX_OK,
    "config_error": EX_CONFIG,
    "url_bung": EX_USAGE,
    "communication_failure": EX_PROTOCOL,
    "socket_error": EX_TEMPFAIL,
    "json_decode_error": EX_PROTOCOL,
    "no_user": EX_NOUSER,
}

_ERRORS = (
    (errors.UsageError, EX_USAGE),
    (errors.ConfigError, EX_CONFIG),
    (errors.HostNotFoundError, EX_NOHOST),
    (errors.UnreachableError, EX_TEMPFAIL),
    (errors.BusyError, EX_TEMPFAIL),
    (errors.ProtocolError, EX_PROTOCOL),
    (errors.TokenRefusedError, EX_NOPERM),
    (errors.NoLedgerError, EX_CANTCREAT),
    (errors.LedgerError, EX_IOERR),
    (errors.NotListedError, EX_NOUSER),
    (errors.LockHeldError, EX_TEMPFAIL),
)

# By the name of the cause, so that --help need not import the model. For a signal, what a shell
# makes of it: 128 and its number.
_CAUSES = {
    "HANG_UP": 128 + 1,
    "INTERRUPT": 128 + 2,
    "TERMINATE": 128 + 15,
    "TOKEN_REFUSED": EX_NOPERM,
    "NOT_A_SITE": EX_PROTOCOL,
}


def code_of_error(error: errors.SendProfileError) -> int:
    """Return the exit code of a command that *error* ended."""
    if isinstance(error, errors.StoppedAtOnceError):
        return _CAUSES.get(error.cause.name, EX_TEMPFAIL)
    return next((code for kind, code in _ERRORS if isinstance(error, kind)), EX_SOFTWARE)


def code_of_run(tally: Tally, cause: StopCause | None) -> int:
    """Return the exit code of a run that ended with *tally*, perhaps stopped by *cause*."""
    if cause is not None and cause.name in _CAUSES:
        return _CAUSES[cause.name]
    return EX_OK if tally.all_settled else EX_TEMPFAIL
