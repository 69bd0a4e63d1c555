# SPDX-License-Identifier: MIT
"""The settings of an invocation, from its options, configuration file and environment."""

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from gs.profile.status.hooks import Period
from gs.profile.status.send.errors import NoLedgerError, UsageError
from gs.profile.status.send.run.model import MemberId, Selection
from gs.profile.status.send.siteurl import SiteUrl
from gs.profile.status.send.text import Token

from .configfile import read_config

_NAME: Final = "ledger.sqlite3"


def default_ledger(environment: Mapping[str, str]) -> Path:
    """Return the file in ``$STATE_DIRECTORY`` (systemd.exec(5)), or in the user's state folder.

    The latter is that of the XDG Base Directory Specification. Raises :class:`NoLedgerError`.
    """
    given = environment.get("STATE_DIRECTORY", "").partition(":")[0]
    if given:
        return Path(given) / _NAME
    state = environment.get("XDG_STATE_HOME", "")
    if Path(state).is_absolute():  # the specification says to ignore others
        return Path(state) / "sendprofile" / _NAME
    try:
        return Path("~/.local/state/sendprofile").expanduser() / _NAME
    except RuntimeError as error:
        raise NoLedgerError(
            "Cannot find a home folder for the ledger.\nName a file with --ledger."
        ) from error


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of an invocation.

    *throttle*, *timeout* and *patience* are seconds, *rate* is calls a second. *jobs* is ``None``
    for as many as the site can use, *cacert* for the authorities of the system; *limit*, *rate*
    and *until* are ``None`` for no limit.
    """

    site: SiteUrl
    token: Token
    ledger: Path
    period: Period
    again: bool
    selection: Selection
    limit: int | None
    verbose: bool
    json: bool
    throttle: float
    jobs: int | None
    rate: float | None
    until: datetime | None
    max_unknown: int
    patience: float
    timeout: float
    cacert: Path | None

    @classmethod
    def of(cls, options: Namespace, environment: Mapping[str, str], now: datetime) -> "Settings":
        """Return the settings from *options*, their configuration file, and *environment*.

        *now* is the time of this machine, in its zone. Raises :class:`UsageError`,
        :class:`ConfigError` and :class:`NoLedgerError`.
        """
        site = SiteUrl.parse(options.url)
        config = read_config(options.config, options.instance)
        ledger = Path(options.ledger) if options.ledger else config.ledger
        only = frozenset(map(MemberId, options.only)) if options.only else None
        if only and options.again:
            # The others would wait in the new round, and the next invocation would send to them.
            raise UsageError(
                "--again sends to all members, so it cannot be used with --only.\n"
                "Leave out one of them."
            )
        if options.again and options.resend_unknown:
            # An operator who wants to send to the unknown members would mail everybody.
            raise UsageError(
                "--again sends to all members, so it cannot be used with --resend-unknown.\n"
                "Leave out one of them."
            )
        return cls(
            site=site,
            token=config.token,
            # The lock and the WAL need one name, whatever symbolic links lead to the ledger.
            ledger=(ledger or default_ledger(environment)).resolve(),
            period=_period(options.period, now.date()),
            again=options.again,
            selection=Selection(only, options.resend_unknown),
            limit=options.limit,
            verbose=options.verbose,
            json=options.json,
            throttle=options.throttle,
            jobs=options.jobs,
            rate=options.rate,
            until=options.until and _next(options.until, now),
            max_unknown=options.max_unknown,
            patience=options.patience,
            timeout=options.timeout,
            cacert=_readable(options.cacert),
        )


def _period(given: Period | None, today: date) -> Period:
    this = Period.of(today)
    if given is not None and given > this:
        raise UsageError(f"The month {given} is in the future; this month is {this}.")
    return given or this.before()


def _next(at: time, now: datetime) -> datetime:
    # Local time: when the clock is set back, a time occurs twice. When it is set forward, a time
    # that is left out occurs as if the clock had not been set.
    days = [now.date() + timedelta(days=ahead) for ahead in range(3)]
    times = [datetime.combine(day, at.replace(fold=fold)) for day in days for fold in (0, 1)]
    return min(moment for each in times if (moment := each.astimezone(now.tzinfo)) > now)


def _readable(file: str | None) -> Path | None:
    if file is None:
        return None
    try:
        Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"Cannot read the file of --cacert: {file}: {error.strerror}.") from error
    return Path(file)
