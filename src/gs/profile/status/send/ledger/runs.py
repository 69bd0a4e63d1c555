# SPDX-License-Identifier: MIT
"""The runs in a ledger: begun, resumed, listed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from sqlite3 import Row

from gs.profile.status.hooks import Period
from gs.profile.status.send.errors import LedgerError, SendProfileError, UsageError
from gs.profile.status.send.run.model import Run, StopCause
from gs.profile.status.send.run.ports import Account

from .connection import LedgerConnection
from .sqlite import SqliteLedger


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that this *invocation* works on, and whether an earlier one did."""

    run: Run
    ledger: SqliteLedger
    invocation: int
    resumed: bool


def open_run(
    connection: LedgerConnection,
    site: str,
    period: Period,
    clock: Callable[[], float],
    *,
    again: bool,
) -> OpenRun:
    """Return the latest round of the run of *site* and *period*; with *again*, a new round.

    Raises :class:`UsageError` for a new round while members of the latest wait: an operator who
    repeats the command with *again* until the run is complete would mail everybody each time.
    """
    latest = latest_round(connection, site, period, again=again)
    now = clock()
    with connection.transaction():
        number, run = _round(connection, latest, site, period, _key(period, now, again=again))
        invocation = connection.insert("begin_invocation", run=number, now=now)
    resumed = latest is not None and latest["enrolled"] and not again
    return OpenRun(
        run, SqliteLedger(connection, number, invocation, clock), invocation, bool(resumed)
    )


@contextmanager
def recording_end(
    connection: LedgerConnection,
    opened: OpenRun,
    clock: Callable[[], float],
    cause: Callable[[], StopCause | None],
) -> Iterator[None]:
    """Record the end of the invocation after the block, with its error or the *cause* to stop."""
    try:
        yield
    except SendProfileError as error:
        message, _, _ = str(error).partition("\n")
        with suppress(LedgerError):
            _end(connection, opened, message, clock())
        raise
    stopped = cause()
    _end(connection, opened, stopped and stopped.value, clock())


def latest_round(
    connection: LedgerConnection, site: str, period: Period, *, again: bool
) -> Row | None:
    """Return the latest round of a run, one with a list if there is one.

    Raises :class:`UsageError` as :func:`open_run` does.
    """
    latest = connection.row("latest_round", site=site, period=str(period))
    if latest and again and latest["unfinished"]:
        raise UsageError(
            f"The run of {period} is incomplete: members are waiting.\n"
            "Nothing was sent. To complete it, run the command without --again first."
        )
    return latest


def accounts(
    connection: LedgerConnection, site: str, clock: Callable[[], float]
) -> Iterator[Account]:
    """Yield the runs of *site*, the latest first."""
    for row in list(connection.rows("runs_of_site", site=site)):
        yield Account(
            run=Run(site, Period.parse(row["period"]), row["round"], row["key"]),
            ledger=SqliteLedger(connection, row["number"], 0, clock),
            listed=bool(row["listed"]),
            invocations=row["invocations"],
            began=row["began"],
            ended=row["ended"],
            cause=row["cause"],
        )


def incomplete_period(connection: LedgerConnection, site: str, period: Period) -> Period | None:
    """Return the latest period before *period* whose run is incomplete, if there is one."""
    row = connection.row("incomplete_before", site=site, period=str(period))
    return Period.parse(row["period"]) if row else None


def _round(
    connection: LedgerConnection, latest: Row | None, site: str, period: Period, key: str
) -> tuple[int, Run]:
    if latest is not None and latest["enrolled"] and key == str(period):
        return latest["number"], Run(site, period, latest["round"], latest["key"])
    without_list = connection.row("round_without_list", site=site, period=str(period))
    if without_list is not None:
        connection.execute("rekey_run", run=without_list["number"], key=key)
        return without_list["number"], Run(site, period, without_list["round"], key)
    round_ = latest["round"] + 1 if latest is not None else 1
    number = connection.insert("begin_run", site=site, period=str(period), round=round_, key=key)
    return number, Run(site, period, round_, key)


def _end(connection: LedgerConnection, opened: OpenRun, cause: str | None, now: float) -> None:
    with connection.transaction():
        connection.execute("end_invocation", invocation=opened.invocation, cause=cause, now=now)


def _key(period: Period, now: float, *, again: bool) -> str:
    # The first round has the same key on every machine: if a ledger is lost, a site that honours
    # keys still mails nobody twice. With --again the operator wants a second mail.
    if not again:
        return str(period)
    return f"{period}-again-{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%S.%f}"
