# SPDX-License-Identifier: MIT
"""Room for connections among the files that a process may have open."""

import resource
from typing import Final

from gs.profile.status.send.errors import UsageError

# Open files that are not connections: the ledger and its lock, what the caller has left open.
_OTHERS: Final = 64


def make_room(connections: int) -> None:
    """Raise the soft limit to what so many *connections* need.

    Raises :class:`UsageError` where the hard limit does not allow it: in the middle of a run it
    would be the ledger that cannot be written.
    """
    needed = connections + _OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _allows(soft, needed):
        return
    if not _allows(hard, needed):
        raise UsageError(
            f"-j {connections} needs {needed} open files, and {hard} are allowed: see ulimit -n."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def room() -> int:
    """Return how many connections there is room for, at most."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if hard == resource.RLIM_INFINITY else max(1, hard - _OTHERS)


def _allows(limit: int, needed: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= needed
