# SPDX-License-Identifier: MIT
"""The queue of a run: which members this call claims, and in which order."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Final, Literal

from gs.profile.status.send.errors import LedgerError, NotListedError, ProtocolError
from gs.profile.status.send.run.model import (
    KEY_MARGIN,
    Claim,
    MemberId,
    Selection,
    Verdict,
    usable_lifetime,
)
from gs.profile.status.send.text import printable

from .connection import LedgerFile

#: The message of a member who was being sent to when the run was left or killed.
RUN_ABANDONED: Final = "The run was left before an answer came."


def not_listed_error(members: Sequence[MemberId]) -> NotListedError:
    """Return the error for *members* who were chosen by name, and are not the site's."""
    told = ", ".join(map(printable, members))
    return NotListedError(f"The site does not list: {told}.\nNobody was sent to.")


def empty_list_error() -> ProtocolError:
    """Return the error for a site that lists nobody any more, in the middle of a run."""
    return ProtocolError(
        "The site lists no members, though some of the run are not settled: nothing was changed.\n"
        "See that the site is well; if it is, --status says who they are."
    )


def not_claimed_error() -> LedgerError:
    """Return the error for an outcome of somebody who was not, or is no longer, claimed."""
    return LedgerError(
        "The ledger was changed by another process while the run was on.\n"
        "Find out which one has no lock on it; then call again: the run goes on."
    )


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


# Members that are read at a time.
_AHEAD: Final = 1_000

_WAITING: Final = (Verdict.WAITING, Verdict.FAILED)


class Queue:
    """Those of a *run* whom an *invocation* lines up: who waits by ID, then who is tried again.

    *clock* returns seconds since the epoch.
    """

    def __init__(
        self, file: LedgerFile, run: int, invocation: int, clock: Callable[[], float]
    ) -> None:
        self._file = file
        self._run = run
        self._invocation = invocation
        self._clock = clock
        self._choice = Selection()
        self._lifetime = 0
        self._listed: int | None = None
        self._ahead: deque[MemberId] = deque()
        self._claimed = 0
        #: Where the table is to be read on, ``None`` where it has been read to its end.
        self._first: str | None = None

    def form(self, listed: int | None, choice: Selection, key_lifetime: int) -> int:
        """Line up those of *choice* in the list of the invocation *listed*; return how many."""
        self._listed, self._choice, self._lifetime = listed, choice, usable_lifetime(key_lifetime)
        if choice.only is not None:
            store_choice(self._file, choice.only, "line")
        census = self._census()
        waiting = census.get(Verdict.WAITING, 0)
        with self._file.transaction():
            if census.get(Verdict.FAILED):
                waiting += self._file.do("wait_again", **self._whom())
            if census.get(Verdict.UNKNOWN):
                waiting += self._file.do("queue_unknown", **self._whom(), **self._when())
        return waiting

    def claim(self, limit: int) -> list[Claim]:
        """Mark the first *limit* as being sent to; it counts when :meth:`move_up` is called."""
        while len(self._ahead) < limit and self._first is not None:
            self._read_ahead(self._first)
        members, keyed = list(islice(self._ahead, limit)), bool(self._lifetime)
        self._claim(members)
        self._claimed = len(members)
        claims = [Claim(member, keyed) for member in members]
        return claims + self._claim_again(limit - len(members))

    def move_up(self) -> None:
        """Let those go who were claimed last: the claims are durable."""
        for _ in range(self._claimed):
            self._ahead.popleft()
        self._claimed = 0

    def _census(self) -> Mapping[str, int]:
        # Where few are left of many, to count them takes as long as to find them: once is enough.
        rows = list(self._file.rows("unsettled_members", **self._whom(), limit=_AHEAD))
        if len(rows) < _AHEAD:
            first = (row["id"] for row in rows if row["verdict"] in _WAITING and not row["again"])
            self._ahead, self._first = deque(first), None
            return Counter(row["verdict"] for row in rows)
        self._ahead, self._first = deque(), ""
        rows = list(self._file.rows("census", **self._whom()))
        return {row["verdict"]: row["members"] for row in rows}

    def _read_ahead(self, first: str) -> None:
        rows = self._file.rows("claimable", **self._whom(), first=first, limit=_AHEAD)
        members = [MemberId(row["id"]) for row in rows]
        self._ahead += members
        # Behind the last one is the next text that there is.
        self._first = f"{members[-1]}\0" if len(members) == _AHEAD else None

    def _claim(self, members: Sequence[MemberId]) -> None:
        if not members:
            return
        if self._first is None:
            self._claim_each(dict.fromkeys(members, False))
            return
        # Where many are left they stand close together: one statement for all is quicker.
        ends = {"first": members[0], "last": members[-1]}
        if self._file.do("claim_range", **self._whom(), **self._keyed(), **ends) != len(members):
            raise not_claimed_error()

    def _claim_again(self, limit: int) -> list[Claim]:
        if not limit:
            return []
        whom = {"run": self._run, "invocation": self._invocation}
        rows = list(self._file.rows("claimable_again", **whom, **self._when(), limit=limit))
        self._claim_each({MemberId(row["id"]): bool(row["keyed"]) for row in rows})
        keyed = bool(self._lifetime)
        return [Claim(MemberId(row["id"]), keyed, bool(row["doubtful"])) for row in rows]

    def _claim_each(self, members: Mapping[MemberId, bool]) -> None:
        # The value says whether the key of the member is used again.
        common = {"run": self._run, **self._keyed()}
        values = [{**common, "id": member, "keyed": keyed} for member, keyed in members.items()]
        if values and self._file.do_many("claim_each", values) != len(values):
            raise not_claimed_error()

    def _whom(self) -> dict[str, object]:
        return {
            "run": self._run,
            "listed": self._listed,
            "invocation": self._invocation,
            "all": self._choice.only is None,
        }

    def _keyed(self) -> dict[str, object]:
        now, lifetime = self._clock(), self._lifetime
        return {
            "now": now,
            "keyed_at": now if lifetime else None,
            "repeatable_until": now + lifetime if lifetime else None,
        }

    def _when(self) -> dict[str, object]:
        return {
            "now": self._clock(),
            "lifetime": self._lifetime,
            "margin": KEY_MARGIN,
            "resend": self._choice.resend_unknown,
        }
