# SPDX-License-Identifier: MIT
"""What is put beside the tables for a while: the list that arrives, the choice of the operator."""

from collections.abc import Iterable
from hashlib import blake2b
from itertools import islice
from typing import Final, Literal

from gs.profile.status.send.run.model import MemberId

from .connection import LedgerFile

# Members that are stored at a time while the list arrives.
_BATCH: Final = 1_024

# Bytes: so many that no two lists have the same sum by chance.
_DIGEST: Final = 16


#: What a choice is for: to line members up, or to look at a run.
Purpose = Literal["line", "look"]


def store_list(file: LedgerFile, members: Iterable[MemberId]) -> bytes:
    """Put the list of *members* beside the tables, where it counts for nothing yet.

    Returns its fingerprint, which another list does not have, unless it has the same members in
    another order: sites list them as they come. It is the sum of the digests of all.
    """
    file.do("attach_list")
    try:
        file.do("keep_no_journal")
        file.do("make_list")
        ids, total = iter(members), 0
        while batch := list(islice(ids, _BATCH)):
            file.do_for("add_to_list", batch, place="(?)")
            total += sum([_digest(member) for member in batch])
    except BaseException:
        drop_list(file)
        raise
    return (total % (1 << 8 * _DIGEST)).to_bytes(_DIGEST)


def drop_list(file: LedgerFile) -> None:
    """Drop the list that :func:`store_list` has put beside the tables."""
    file.do("detach_list")


def store_choice(file: LedgerFile, only: Iterable[MemberId], purpose: Purpose) -> None:
    """Put the IDs of *only* beside the tables, in the place of those before of that *purpose*."""
    file.do("make_choice")
    file.do("clear_choice", purpose=purpose)
    file.do_many("add_to_choice", ((purpose, member) for member in only))


def _digest(member: MemberId) -> int:
    return int.from_bytes(blake2b(member.encode(), digest_size=_DIGEST).digest())
