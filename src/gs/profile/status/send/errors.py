# SPDX-License-Identifier: MIT
r"""What can end a run before its time, as a tree of exceptions; each message says what to do.

::

    SendProfileError
    ├── UsageError              the command line, or the URL on it
    ├── ConfigError             the configuration file
    ├── HostNotFoundError       there is no such host
    ├── UnreachableError        the host is there, but the site cannot be talked to
    ├── ProtocolError           something answers, but not as a GroupServer site
    │   └── NotOk               it answers a hook with something else than HTTP 200
    ├── TokenRefusedError       the site does not accept the token
    └── LeaveAtOnceError        the operator asked twice

The exit code that each means is in :mod:`~gs.profile.status.send.errorvals`.
"""

from __future__ import annotations

TYPE_CHECKING = False  # for mypy; to import typing would double what --help costs
if TYPE_CHECKING:
    from .model import StopCause


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


class ProtocolError(SendProfileError):
    """The answer is not one that a GroupServer site gives."""


class NotOk(ProtocolError):  # noqa: N818 - documented under this name since 2015
    """A hook did not answer with HTTP 200."""


class TokenRefusedError(SendProfileError):
    """The site does not accept the token."""


class LeaveAtOnceError(SendProfileError):
    """The run is to be left now, whatever is in flight; *cause* is why."""

    def __init__(self, cause: StopCause) -> None:
        super().__init__(f"Stopped by {cause.value}. Nobody had been sent to.")
        self.cause = cause
