# SPDX-License-Identifier: MIT
r"""The exceptions of the program. Each message says what happened, and what to do.

::

    SendProfileError
    ├── UsageError              the command line is wrong, or its URL
    ├── ConfigError             the configuration file is missing, or lacks a value
    ├── HostNotFoundError       the host of the site was not found
    ├── UnreachableError        the site cannot be reached
    │   └── UntrustedCertificateError  its certificate is not valid
    ├── ProtocolError           the answer is not one of a GroupServer site
    │   └── NotOk               the HTTP status is not 200
    │       └── BusyError       the site asks for a pause
    ├── TokenRefusedError       the site refuses the token
    ├── LedgerError             the ledger cannot be read or written
    │   └── NoLedgerError       it cannot be opened or created
    ├── NotListedError          the site does not list a member of --only
    ├── LockHeldError           another process has the lock of the run
    └── StoppedAtOnceError      the run stops without waiting for answers

The exit code of each is in :mod:`~gs.profile.status.send.errorvals`.
"""

from __future__ import annotations

TYPE_CHECKING = False  # for mypy; to import typing would double the time of --help
if TYPE_CHECKING:
    from gs.profile.status.send.run.model import StopCause


class SendProfileError(Exception):
    """The base of all expected errors. Any other exception is a bug."""


class UsageError(SendProfileError):
    """The command line is wrong, or its URL."""


class ConfigError(SendProfileError):
    """The configuration file is missing or unreadable, or lacks a value."""


class HostNotFoundError(SendProfileError):
    """The name of the host has no address."""


class UnreachableError(SendProfileError):
    """The site cannot be reached: no connection, no answer in time, or no valid certificate."""


class UntrustedCertificateError(UnreachableError):
    """The certificate of the site is not valid."""


class ProtocolError(SendProfileError):
    """The answer is not one of a GroupServer site."""


class NotOk(ProtocolError):  # noqa: N818 - documented under this name since 2015
    """A hook did not answer with HTTP 200."""


class BusyError(NotOk):
    """The site asks for a pause, of *retry_after* seconds if it says so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TokenRefusedError(SendProfileError):
    """The site refuses the token."""


class LedgerError(SendProfileError):
    """The ledger cannot be read or written, or is corrupt."""


class NoLedgerError(LedgerError):
    """The ledger cannot be opened or created, or is not a ledger."""


class NotListedError(SendProfileError):
    """The site does not list a member of ``--only``."""


class LockHeldError(SendProfileError):
    """Another process has the lock of the run."""


class StoppedAtOnceError(SendProfileError):
    """The run stops now, without waiting for the calls in flight; *cause* is why."""

    def __init__(self, cause: StopCause) -> None:
        super().__init__(f"Stopped: {cause.value}. Nothing was sent.")
        self.cause = cause
