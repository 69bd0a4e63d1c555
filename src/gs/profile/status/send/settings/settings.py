# SPDX-License-Identifier: MIT
"""The settings of an invocation, from its options, configuration file and environment."""

import configparser
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from gs.profile.status.hooks import Period
from gs.profile.status.send.errors import ConfigError, NoLedgerError, UsageError
from gs.profile.status.send.run.model import MemberId, Selection
from gs.profile.status.send.siteurl import SiteUrl
from gs.profile.status.send.text import Token

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


_WEBSERVICE: Final = "webservice"
_SENDPROFILE: Final = "sendprofile"


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The values of a configuration set; *ledger* is ``None`` if the set has none."""

    token: Token
    ledger: Path | None


def read_config(file: str, instance: str) -> ConfigFile:
    """Return the values of the configuration set *instance* in *file*.

    Raises :class:`ConfigError`, which names the file, the set and what is missing.
    """
    try:
        parser = _parsed(file)
        return ConfigFile(_token(parser, file, instance), _ledger(parser, file, instance))
    except ConfigError as error:
        raise ConfigError(f'Error with the configuration file "{file}":\n{error}') from error


def _parsed(file: str) -> configparser.ConfigParser:
    # As the Python 2 parser of the other scripts: sections and options may be repeated, and a
    # comment may follow a value.
    parser = configparser.ConfigParser(strict=False, inline_comment_prefixes=(";",))
    try:
        parser.read_string(_text(Path(file).read_bytes()), source=file)
    except OSError as error:
        raise ConfigError(
            f"{file}: {error.strerror}. Name the configuration file of the instance with --config."
        ) from error
    except configparser.Error as error:
        # The message of the parser quotes the line, which may have the token.
        line = getattr(error, "lineno", None) or getattr(error, "errors", [("?",)])[0][0]
        raise ConfigError(
            f"It is not an ini file: line {line} is neither a [section] nor an option = value."
        ) from error
    return parser


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _token(parser: configparser.ConfigParser, file: str, instance: str) -> Token:
    config_set = f"config-{instance}"
    if not parser.has_section(config_set):
        raise ConfigError(f'No configuration set "{instance}" defined in file "{file}".')
    if not parser.has_option(config_set, _WEBSERVICE):
        raise ConfigError(f'No configuration defined for "{_WEBSERVICE}" in set "{instance}".')
    section = _section(parser, config_set, _WEBSERVICE)
    token = _value(parser, section, "token") if parser.has_option(section, "token") else ""
    if not token:
        raise ConfigError(f'The option "token" of section [{section}] is missing or empty.')
    return Token(token)


def _ledger(parser: configparser.ConfigParser, file: str, instance: str) -> Path | None:
    config_set = f"config-{instance}"
    if not parser.has_option(config_set, _SENDPROFILE):
        return None
    section = _section(parser, config_set, _SENDPROFILE)
    known = {"ledger"} | set(parser.defaults())
    for option in parser.options(section):
        if option not in known:
            raise ConfigError(f'Section [{section}] has no option "{option}", only "ledger".')
    if not parser.has_option(section, "ledger"):
        return None
    # Relative to the file: cron starts the command in another folder.
    return Path(file).parent.absolute() / Path(_value(parser, section, "ledger")).expanduser()


def _section(parser: configparser.ConfigParser, config_set: str, kind: str) -> str:
    value = _value(parser, config_set, kind)
    section = f"{kind}-{value}"
    if not parser.has_section(section):
        raise ConfigError(f'No configuration section for type "{kind}" with value "{value}".')
    return section


def _value(parser: configparser.ConfigParser, section: str, option: str) -> str:
    # The other scripts interpolate. A value that cannot be interpolated is used as it is.
    try:
        return parser.get(section, option)
    except configparser.InterpolationError:
        return parser.get(section, option, raw=True)
