# SPDX-License-Identifier: MIT
"""What calling again would do about each of the runs of a site."""

from collections.abc import Iterable, Iterator

from gs.profile.status.send.run.ports import Account

from .summary import next_call


def outlook(accounts: Iterable[Account]) -> Iterator[tuple[Account, str]]:
    """Yield each of *accounts*, the latest first, with a sentence about calling again."""
    later: Account | None = None
    for account in accounts:
        if later and later.run.period == account.run.period:
            yield account, f"It is over: {name(later)} came after it."
        else:
            yield account, _next(account)
        if account.listed:
            later = account


def name(account: Account) -> str:
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
