# SPDX-License-Identifier: MIT
"""The runs of a site in a ledger, as text and as JSON."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from gs.profile.status.send.run.model import Tally, Verdict
from gs.profile.status.send.run.ports import Account

from .summary import counts, duration_in_words, member_lines, next_steps, paragraph

# Members without a final verdict that the text names, for each run.
_MEMBERS_SHOWN: Final = 20


def status_lines(accounts: Iterator[Account], site: str, ledger: str) -> Iterator[str]:
    """Yield lines about each of *accounts*, which are in the *ledger*."""
    yield f"{site}, in the ledger {ledger}"
    empty = True
    for account, steps in with_next_steps(accounts):
        empty = False
        yield ""
        yield from _lines(account)
        yield from paragraph(steps, "  ")
    if empty:
        yield "The ledger has no run of this site."


def as_json(accounts: Iterable[Account], site: str, ledger: str, **more: object) -> str:
    """Return a JSON object with the *accounts* as ``runs``, and with *more* members.

    Times are those of RFC 3339, in UTC.
    """
    runs = [_run(account, steps) for account, steps in with_next_steps(accounts)]
    return json.dumps({"site": site, "ledger": ledger, **more, "runs": runs}, indent=2)


def counts_as_json(tally: Tally) -> dict[str, object]:
    """Return how many members have each verdict, in total and by reason."""
    return {
        verdict.value: {"total": tally.of(verdict), "reasons": dict(tally.reasons(verdict))}
        for verdict in Verdict
        if tally.of(verdict)
    }


def with_next_steps(accounts: Iterable[Account]) -> Iterator[tuple[Account, str]]:
    """Yield each of *accounts*, the latest first, with what the operator can do next."""
    later: Account | None = None
    for account in accounts:
        if later and later.run.period == account.run.period:
            yield account, f"This round has ended: {run_name(later)} followed it."
        else:
            yield account, _next_steps(account)
        if account.listed:
            later = account


def run_name(account: Account) -> str:
    """Return the name of a run: its period, and its round if it is not the first."""
    run = account.run
    return f"{run.period}" if run.round == 1 else f"{run.period}, round {run.round}"


def _next_steps(account: Account) -> str:
    command = f"un the command with --period {account.run.period}"
    if not account.listed:
        again = " --again" if account.run.round > 1 else ""
        return f"R{command}{again} to ask for the list again."
    command = f"R{command}" if account.ended else f"If it was killed, r{command}"
    return next_steps(account.ledger.tally(), account.ledger.repeatable(), command)


def _run(account: Account, steps: str) -> dict[str, object]:
    tally, ledger = account.ledger.tally(), account.ledger
    return {
        "period": str(account.run.period),
        "round": account.run.round,
        "began": _json_time(account.began),
        "ended": _json_time(account.ended),
        "invocations": account.invocations,
        "cause": account.cause,
        "members": tally.total,
        "complete": account.listed and tally.complete,
        "counts": counts_as_json(tally),
        "unresolved": [
            {
                "member": row.outcome.member,
                "verdict": row.outcome.verdict.value,
                "reason": row.outcome.reason,
                "message": row.outcome.message,
                "status": row.outcome.status,
                "at": _json_time(row.at),
            }
            for row in ledger.unresolved()
        ],
        "repeatable": ledger.repeatable(),
        "next": steps,
    }


def _json_time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _lines(account: Account) -> Iterator[str]:
    yield f"{run_name(account)}, begun {_time(account.began)}, {_end(account)}"
    tally = account.ledger.tally()
    if account.listed:
        yield from paragraph(f"{counts(tally)}.", "  ")
    else:
        yield "  The list of members never arrived, so nothing was sent."
    if account.cause:
        yield from paragraph(f"Stopped: {account.cause.rstrip('.')}.", "  ")
    yield from member_lines(tally, list(account.ledger.unresolved(_MEMBERS_SHOWN)))


def _end(account: Account) -> str:
    times = "1 invocation" if account.invocations == 1 else f"{account.invocations} invocations"
    if account.ended is None:
        return f"{times}; the last one is still running, or was killed"
    took = duration_in_words(account.ended - account.began)
    return f"ended {_time(account.ended)} ({took}, {times})"


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M:%S}"
