# SPDX-License-Identifier: MIT
r"""What can end a run before its time, as a tree of exceptions; each message says what to do.

::

    SendProfileError
    ├── UsageError              the command line, or the URL on it
    ├── ConfigError             the configuration file
    ├── HostNotFoundError       there is no such host
    ├── UnreachableError        the host is there, but the site cannot be talked to
    │   └── UntrustedCertificateError  no authority that is trusted has issued its certificate
    ├── ProtocolError           something answers, but not as a GroupServer site
    │   └── NotOk               it answers a hook with something else than HTTP 200
    │       └── BusyError       it asks for a pause
    ├── TokenRefusedError       the site does not accept the token
    ├── LedgerError             the ledger cannot be read or written
    │   └── NoLedgerError       it cannot be opened, or made
    ├── NotListedError          a member named on the command line is not on the site's list
    ├── LockHeldError           another sendprofile has the lock of the run
    └── StoppedAtOnceError      the operator asked twice

The exit code that each means is in :mod:`~gs.profile.status.send.errorvals`.
"""

from __future__ import annotations

TYPE_CHECKING = False  # for mypy; to import typing would double what --help costs
if TYPE_CHECKING:
    from gs.profile.status.send.run.model import StopCause


class SendProfileError(Exception):
    """The root of all that can be foreseen to go wrong; anything else is a bug."""


class UsageError(SendProfileError):
    """The command line is wrong."""


class ConfigError(SendProfileError):
    """The configuration file is missing, unreadable, or lacks what it needs."""


class HostNotFoundError(SendProfileError):
    """The name of the host leads to no address."""


class UnreachableError(SendProfileError):
    """There is no way to talk to the site: refused, timed out, cut off, or not to be trusted."""


class UntrustedCertificateError(UnreachableError):
    """No authority that is trusted vouches for the certificate of the site."""


class ProtocolError(SendProfileError):
    """The answer is not one that a GroupServer site gives."""


class NotOk(ProtocolError):  # noqa: N818 - documented under this name since 2015
    """A hook did not answer with HTTP 200."""


class BusyError(NotOk):
    """The site wants to be left alone, for *retry_after* seconds if it says so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TokenRefusedError(SendProfileError):
    """The site does not accept the token."""


class LedgerError(SendProfileError):
    """The ledger cannot be read or written, or is corrupt."""


class NoLedgerError(LedgerError):
    """The ledger cannot be opened, or made, or is not one of this program."""


class NotListedError(SendProfileError):
    """The site does not list a member whom the command line names."""


class LockHeldError(SendProfileError):
    """Another process holds the run."""


class StoppedAtOnceError(SendProfileError):
    """The run is to be left now, whatever is in flight; *cause* is why."""

    def __init__(self, cause: StopCause) -> None:
        super().__init__(f"Stopped: {cause.value}. This call has sent to nobody.")
        self.cause = cause
