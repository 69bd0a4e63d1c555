# SPDX-License-Identifier: MIT
"""What a ledger has of the runs of a site, for people and as JSON."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from gs.profile.status.send.run.model import Tally, Verdict
from gs.profile.status.send.run.ports import Account

from .summary import counts, duration_in_words, member_lines, next_call, paragraph


def next_steps(accounts: Iterable[Account]) -> Iterator[tuple[Account, str]]:
    """Yield each of *accounts*, the latest first, with a sentence about calling again."""
    later: Account | None = None
    for account in accounts:
        if later and later.run.period == account.run.period:
            yield account, f"It is over: {run_name(later)} came after it."
        else:
            yield account, _next(account)
        if account.listed:
            later = account


def run_name(account: Account) -> str:
    """Return what the run is called: its period, and its round if it is not the first."""
    run = account.run
    return f"{run.period}" if run.round == 1 else f"{run.period}, round {run.round}"


def _next(account: Account) -> str:
    calling = f"calling with --period {account.run.period}"
    if not account.listed:
        again = " --again" if account.run.round > 1 else ""
        return f"C{calling[1:]}{again} asks for the list anew."
    calling = f"C{calling[1:]}" if account.ended else f"If it was killed, {calling}"
    return next_call(account.ledger.tally(), account.ledger.repeatable(), calling)


def as_json(accounts: Iterable[Account], site: str, place: str, **more: object) -> str:
    """Return an object that has the *accounts* as ``runs``, and *more* beside them.

    Times are those of RFC 3339, in UTC.
    """
    runs = [_run(account, advice) for account, advice in next_steps(accounts)]
    return json.dumps({"site": site, "ledger": place, **more, "runs": runs}, indent=2)


def counts_as_json(tally: Tally) -> dict[str, object]:
    """Return how many members have each verdict, in all and by reason."""
    return {
        verdict.value: {"total": tally.of(verdict), "reasons": dict(tally.reasons(verdict))}
        for verdict in Verdict
        if tally.of(verdict)
    }


def _run(account: Account, advice: str) -> dict[str, object]:
    tally, ledger = account.ledger.tally(), account.ledger
    return {
        "period": str(account.run.period),
        "round": account.run.round,
        "began": _json_time(account.began),
        "ended": _json_time(account.ended),
        "invocations": account.invocations,
        "cause": account.cause,
        "members": tally.total,
        "all_settled": account.listed and tally.all_settled,
        "counts": counts_as_json(tally),
        "unsettled": [
            {
                "member": row.outcome.member,
                "verdict": row.outcome.verdict.value,
                "reason": row.outcome.reason,
                "message": row.outcome.message,
                "status": row.outcome.status,
                "at": _json_time(row.at),
            }
            for row in ledger.unsettled()
        ],
        "repeatable": ledger.repeatable(),
        "next": advice,
    }


def _json_time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


_TOLD: Final = 20


def status_lines(accounts: Iterator[Account], site: str, place: str) -> Iterator[str]:
    """Yield lines about each of *accounts*; *place* is the ledger that they are in."""
    yield f"{site}, in the ledger {place}"
    empty = True
    for account, advice in next_steps(accounts):
        empty = False
        yield ""
        yield from _of(account)
        yield from paragraph(advice, "  ")
    if empty:
        yield "No run of this site is recorded there."


def _of(account: Account) -> Iterator[str]:
    yield f"{run_name(account)}, begun {_time(account.began)}, {_end(account)}"
    tally = account.ledger.tally()
    if account.listed:
        yield from paragraph(f"{counts(tally)}.", "  ")
    else:
        yield "  The site's list of members never came: nobody was sent to."
    if account.cause:
        yield from paragraph(f"It was stopped: {account.cause.rstrip('.')}.", "  ")
    yield from member_lines(tally, list(account.ledger.unsettled(_TOLD)))


def _end(account: Account) -> str:
    calls = "1 call" if account.invocations == 1 else f"{account.invocations} calls"
    if account.ended is None:
        return f"{calls}; the last is still running, or was killed"
    took = duration_in_words(account.ended - account.began)
    return f"ended {_time(account.ended)} ({took}, {calls})"


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M:%S}"
