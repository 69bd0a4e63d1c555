# SPDX-License-Identifier: MIT
"""The runs that a ledger has: one is begun or resumed, all can be looked at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from sqlite3 import Row

from gs.profile.status.hooks import Period
from gs.profile.status.send.errors import LedgerError, SendProfileError, UsageError
from gs.profile.status.send.run.model import Run, StopCause
from gs.profile.status.send.run.ports import Account

from .connection import LedgerFile
from .sqlite import SqliteLedger


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that is being worked on, and whether it was before."""

    run: Run
    ledger: SqliteLedger
    invocation: int
    resumed: bool


def open_run(
    file: LedgerFile, site: str, period: Period, clock: Callable[[], float], *, again: bool
) -> OpenRun:
    """Return the run of *site* and *period*: the latest round of it, a new one with *again*.

    Raises :class:`UsageError` for another round while the latest is not finished: whoever calls
    with *again* until all is well would mail everybody each time.
    """
    latest = latest_round(file, site, period, again=again)
    now = clock()
    with file.transaction():
        number, run = _run(file, latest, site, period, _key(period, now, again=again))
        invocation = file.add("begin_invocation", run=number, now=now)
    resumed = latest is not None and latest["enrolled"] and not again
    return OpenRun(run, SqliteLedger(file, number, invocation, clock), invocation, bool(resumed))


@contextmanager
def recording_end(
    file: LedgerFile,
    begun: OpenRun,
    clock: Callable[[], float],
    cause: Callable[[], StopCause | None],
) -> Iterator[None]:
    """Record how the invocation ended that is done meanwhile, by an error or a *cause* to stop."""
    try:
        yield
    except SendProfileError as error:
        told, _, _ = str(error).partition("\n")
        with suppress(LedgerError):
            _end(file, begun, told, clock())
        raise
    stopped = cause()
    _end(file, begun, stopped and stopped.value, clock())


def _end(file: LedgerFile, begun: OpenRun, cause: str | None, now: float) -> None:
    with file.transaction():
        file.do("end_invocation", invocation=begun.invocation, cause=cause, now=now)


def _run(
    file: LedgerFile, latest: Row | None, site: str, period: Period, key: str
) -> tuple[int, Run]:
    if latest is not None and latest["enrolled"] and key == str(period):
        return latest["number"], Run(site, period, latest["round"], latest["key"])
    begun = file.row("round_without_list", site=site, period=str(period))
    if begun is not None:
        file.do("rekey_run", run=begun["number"], key=key)
        return begun["number"], Run(site, period, begun["round"], key)
    number = latest["round"] + 1 if latest is not None else 1
    run = Run(site, period, number, key)
    added = file.add("begin_run", site=site, period=str(period), round=number, key=key)
    return added, run


def latest_round(file: LedgerFile, site: str, period: Period, *, again: bool) -> Row | None:
    """Return the latest round of a run whose list has come, ``None`` where there is none.

    Raises :class:`UsageError` as :func:`open_run` does.
    """
    latest = file.row("latest_round", site=site, period=str(period))
    if latest and again and latest["unfinished"]:
        raise UsageError(
            f"The run of {period} is not finished: there are members waiting.\n"
            "Finish it first, by calling without --again."
        )
    return latest


def accounts(file: LedgerFile, site: str, clock: Callable[[], float]) -> Iterator[Account]:
    """Yield the runs of *site*, the latest first."""
    for row in list(file.rows("runs_of_site", site=site)):
        yield Account(
            Run(site, Period.parse(row["period"]), row["round"], row["key"]),
            SqliteLedger(file, row["number"], 0, clock),
            bool(row["listed"]),
            row["invocations"],
            row["began"],
            row["ended"],
            row["cause"],
        )


def unfinished_period(file: LedgerFile, site: str, period: Period) -> Period | None:
    """Return the latest period before *period* of which not all is settled, if there is one."""
    row = file.row("left_before", site=site, period=str(period))
    return Period.parse(row["period"]) if row else None


def _key(period: Period, now: float, *, again: bool) -> str:
    # The same for the first round of whoever begins it, wherever: should a ledger be lost, a site
    # that honours keys still mails nobody twice. With --again, that is what is asked for.
    if not again:
        return str(period)
    return f"{period}-again-{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%S.%f}"
