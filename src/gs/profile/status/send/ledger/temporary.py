# SPDX-License-Identifier: MIT
"""The temporary tables of a ledger: the list while it arrives, and the members of --only."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Final, Literal

from gs.profile.status.send.errors import NotListedError, ProtocolError
from gs.profile.status.send.run.model import MemberId
from gs.profile.status.send.text import printable

from .connection import LedgerConnection

#: The message of a member who was claimed when the run was abandoned or killed.
RUN_ABANDONED: Final = "The run ended before an answer came."

#: What a selection is for: to queue members, or to report on a run.
Purpose = Literal["queue", "report"]

# Members that are stored in one statement while the list arrives.
_BATCH: Final = 1_024

# Octets: so many that no two lists have the same sum by chance.
_DIGEST: Final = 16


def store_list(connection: LedgerConnection, members: Iterable[MemberId]) -> bytes:
    """Store the list of *members* in a temporary table, and return its fingerprint.

    The fingerprint is the sum of the digests of all IDs: two lists have the same one only if they
    have the same members. The order does not count, because sites change it.
    """
    connection.execute("attach_list")
    try:
        connection.execute("keep_no_journal")
        connection.execute("make_list")
        ids, total = iter(members), 0
        while batch := list(islice(ids, _BATCH)):
            connection.execute_for("add_to_list", batch, place="(?)")
            total += sum([_digest(member) for member in batch])
    except BaseException:
        drop_list(connection)
        raise
    return (total % (1 << 8 * _DIGEST)).to_bytes(_DIGEST)


def drop_list(connection: LedgerConnection) -> None:
    """Drop the list that :func:`store_list` has stored."""
    connection.execute("detach_list")


def store_selection(
    connection: LedgerConnection, only: Iterable[MemberId], purpose: Purpose
) -> None:
    """Store the IDs of *only* in place of the earlier ones for that *purpose*."""
    connection.execute("make_selection")
    connection.execute("clear_selection", purpose=purpose)
    connection.execute_many("add_to_selection", ((purpose, member) for member in only))


def not_listed_error(members: Sequence[MemberId]) -> NotListedError:
    """Return the error for *members* of ``--only`` whom the site does not list."""
    names = ", ".join(map(printable, members))
    return NotListedError(f"The site does not list: {names}.\nNothing was sent.")


def empty_list_error() -> ProtocolError:
    """Return the error for a site that lists no members in the middle of a run."""
    return ProtocolError(
        "The site lists no members, but the run has members without a final verdict. Nothing was "
        "changed.\nCheck that the site works. To see these members, use --status."
    )


def _digest(member: MemberId) -> int:
    return int.from_bytes(blake2b(member.encode(), digest_size=_DIGEST).digest())
