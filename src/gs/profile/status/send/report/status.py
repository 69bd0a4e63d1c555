# SPDX-License-Identifier: MIT
"""What a ledger has of the runs of a site, for people."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from gs.profile.status.send.run.ports import Account

from .outlook import name, outlook
from .summary import counts, paragraph, spell, told

_TOLD: Final = 20


def status(accounts: Iterator[Account], site: str, place: str) -> Iterator[str]:
    """Yield lines about each of *accounts*; *place* is the ledger that they are in."""
    yield f"{site}, in the ledger {place}"
    empty = True
    for account, advice in outlook(accounts):
        empty = False
        yield ""
        yield from _of(account)
        yield from paragraph(advice, "  ")
    if empty:
        yield "No run of this site is recorded there."


def _of(account: Account) -> Iterator[str]:
    yield f"{name(account)}, begun {_time(account.began)}, {_end(account)}"
    tally = account.ledger.tally()
    if account.listed:
        yield from paragraph(f"{counts(tally)}.", "  ")
    else:
        yield "  The site's list of members never came: nobody was sent to."
    if account.cause:
        yield from paragraph(f"It was stopped: {account.cause.rstrip('.')}.", "  ")
    yield from told(tally, list(account.ledger.unsettled(_TOLD)))


def _end(account: Account) -> str:
    calls = "1 call" if account.invocations == 1 else f"{account.invocations} calls"
    if account.ended is None:
        return f"{calls}; the last is still running, or was killed"
    took = spell(account.ended - account.began)
    return f"ended {_time(account.ended)} ({took}, {calls})"


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M:%S}"
