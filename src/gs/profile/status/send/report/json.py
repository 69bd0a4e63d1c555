# SPDX-License-Identifier: MIT
"""What a ledger has of the runs of a site, for programs: JSON."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from gs.profile.status.send.run.model import Tally, Verdict
from gs.profile.status.send.run.ports import Account

from .outlook import outlook


def as_json(accounts: Iterable[Account], site: str, place: str, **more: object) -> str:
    """Return an object that has the *accounts* as ``runs``, and *more* beside them.

    Times are those of RFC 3339, in UTC.
    """
    runs = [_run(account, advice) for account, advice in outlook(accounts)]
    return json.dumps({"site": site, "ledger": place, **more, "runs": runs}, indent=2)


def counts(tally: Tally) -> dict[str, object]:
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
        "began": _time(account.began),
        "ended": _time(account.ended),
        "invocations": account.invocations,
        "cause": account.cause,
        "members": tally.total,
        "all_settled": account.listed and tally.all_settled,
        "counts": counts(tally),
        "unsettled": [
            {
                "member": row.outcome.member,
                "verdict": row.outcome.verdict.value,
                "reason": row.outcome.reason,
                "message": row.outcome.message,
                "status": row.outcome.status,
                "at": _time(row.at),
            }
            for row in ledger.unsettled()
        ],
        "repeatable": ledger.repeatable(),
        "next": advice,
    }


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
