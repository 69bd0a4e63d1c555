# SPDX-License-Identifier: MIT
"""The settings of a site: what site.toml and the environment say."""

import re
import stat
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast, get_args
from urllib.parse import parse_qsl, urlsplit

from gs.profile.status.site.delivery.settings import PORTS, Security, SmtpSettings
from gs.profile.status.site.links import Layout, is_group_url, is_topic_url
from gs.profile.status.site.logs import Format, Level


class SettingsError(Exception):
    """A line that names the file, the key, and what would be right; it has no secret in it."""


class SettingsTable:
    """The keys of one table; each that was asked for is known."""

    def __init__(self, file: Path, name: str, values: Mapping[str, Any]) -> None:
        self._file = file
        self._name = name
        self._values = values
        self._known: set[str] = set()

    def __contains__(self, key: str) -> bool:
        """Return whether the key is set."""
        return key in self._values

    def text(self, key: str, right: str) -> str | None:
        """Return a text that is not empty; *right* says what would be right."""
        value = self._value(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise self.wrong(key, right)
        return value

    def secret(self, key: str) -> str | None:
        """Return a text of any characters."""
        value = self._value(key)
        if value is not None and not isinstance(value, str):
            raise self.wrong(key, 'it is a text: "…"')
        return value

    def number(self, key: str, default: int, least: int, most: int) -> int:
        """Return a whole number."""
        value = self._value(key, default)
        if type(value) is not int or not least <= value <= most:
            raise self.wrong(key, f"it is a whole number from {least} to {most}")
        return value

    def seconds(self, key: str, default: float) -> float:
        """Return a number of seconds above nought."""
        value = self._value(key, default)
        if type(value) not in {int, float} or not 0 < value <= 86_400:  # noqa: PLR2004 - a day
            raise self.wrong(key, "it is a number of seconds, above 0 and up to 86400")
        return float(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return whether something is to be."""
        value = self._value(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "it is true or false")
        return value

    def choice(self, key: str, choices: Collection[str]) -> str | None:
        """Return one of the *choices*."""
        value = self._value(key)
        if value is not None and value not in choices:
            raise self.wrong(key, "it is one of " + ", ".join(f'"{one}"' for one in choices))
        return cast("str | None", value)

    def table(self, key: str) -> "SettingsTable":
        """Return the table of that name; it is empty where the file has none."""
        values = self._value(key, {})
        if not isinstance(values, dict):
            raise self.wrong(key, f"it is a table: [{key}]")
        return SettingsTable(self._file, key, values)

    def finish(self) -> None:
        """Raise :exc:`SettingsError` for a key that nobody asked for."""
        for key in self._values:
            if key not in self._known:
                known = ", ".join(sorted(self._known))
                raise self.wrong(key, f"there is no such key; there are {known}")

    def wrong(self, key: str, right: str) -> SettingsError:
        """Return the error of a *key*; the value is not shown, for it may be a secret."""
        return self.problem(f"{_shown(key)}: {right}")

    def problem(self, text: str) -> SettingsError:
        """Return the error of the whole table."""
        place = f"[{self._name}] " if self._name else ""
        return SettingsError(f"{self._file}: {place}{text}.")

    def _value(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - of any type, in TOML
        self._known.add(key)
        return self._values.get(key, default)


def _shown(key: str) -> str:
    return key if key.isprintable() and len(key) < 100 else ascii(key)[:100]  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """How the site is served: on a socket at the path *unix*, where it is set, or *host*, *port*.

    Port 0 is any that is free. Where *log_format* is ``None`` it depends on the terminal.
    """

    host: str = "127.0.0.1"
    port: int = 0
    unix: Path | None = None
    log_format: Format | None = None
    log_level: Level = "info"


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What is set for a site.

    *database* is a SQLite file, or the URL of a PostgreSQL database, which may hold a password.
    *url* is where members reach this service, without a slash at the end; ``None``: at the URL
    of each site. *layout* is where the pages are that the e-mails link. *mail* is ``None`` for the
    Maildir folder of the site.
    """

    database: Path | str = field(repr=False)
    url: str | None = None
    layout: Layout = field(default_factory=Layout)
    mail: SmtpSettings | None = None
    service: ServiceSettings = field(default_factory=ServiceSettings)

    @property
    def many_processes(self) -> bool:
        """Whether several processes may serve the site at a time."""
        return isinstance(self.database, str)


_HOST: Final = 'it is the name of the mail server, such as "mail.example.org"'
_ADDRESS: Final = 'it is an e-mail address, such as "bounces@example.org"'
_DEFAULT: Final = SmtpSettings(host="localhost")


def read_mail(table: SettingsTable, folder: Path, password: str | None) -> SmtpSettings | None:
    """Return how to reach the mail server, ``None`` where mail goes to a Maildir folder.

    Paths begin in *folder*; *password* goes before the one that is set. What is wrong is told even
    where no mail goes to the server. Raises :exc:`SettingsError`.
    """
    to = table.choice("to", ("maildir", "smtp")) or "maildir"
    if to == "smtp" and "host" not in table:
        raise table.wrong("host", f'with to = "smtp" {_HOST}')
    settings = _smtp(table, folder, password)
    table.finish()
    return settings if to == "smtp" else None


def _smtp(table: SettingsTable, folder: Path, password: str | None) -> SmtpSettings:
    try:
        return SmtpSettings(
            host=table.text("host", _HOST) or _DEFAULT.host,
            port=table.number("port", 0, 0, 65_535),
            security=cast("Security", table.choice("security", list(PORTS)) or _DEFAULT.security),
            user=table.text("user", "it is the name to log in with"),
            password=_password(table, folder, password),
            ca_file=_file(table, "ca-file", folder),
            timeout=table.seconds("timeout", _DEFAULT.timeout),
            final_timeout=table.seconds("final-timeout", _DEFAULT.final_timeout),
            connections=table.number("connections", _DEFAULT.connections, 1, 64),
            messages=table.number("messages", _DEFAULT.messages, 1, 1_000_000),
            idle=table.seconds("idle", _DEFAULT.idle),
            bounces=table.text("bounces", _ADDRESS),
            local_hostname=table.text("local-hostname", "it is the name of this machine"),
        )
    except ValueError as error:
        raise table.problem(str(error)) from error


def _password(table: SettingsTable, folder: Path, over: str | None) -> str | None:
    written = table.secret("password")
    file = _file(table, "password-file", folder)
    if over:
        return over if "user" in table else None
    if written is not None and file is not None:
        raise table.wrong("password-file", "leave it out, or password")
    return written if file is None else _only_line(table, file)


def _only_line(table: SettingsTable, file: Path) -> str:
    try:
        lines = file.read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise table.wrong("password-file", f"{file} is not UTF-8") from error
    if len(lines) != 1 or not lines[0]:
        raise table.wrong("password-file", f"{file} is to have one line, the password")
    return lines[0]


def _file(table: SettingsTable, key: str, folder: Path) -> Path | None:
    text = table.text(key, "it is the path of a file")
    if text is None:
        return None
    file = folder / text
    try:
        file.open("rb").close()
    except OSError as error:
        raise table.wrong(key, f"{file}: {error.strerror}") from error
    return file


_GROUP: Final = 'it is an address such as "https://lists.example.org/archives/{group}/"'
_TOPIC: Final = (
    "it is an address with {message-id} or {message-id-hash} in it, such as "
    '"https://lists.example.org/archives/{group}/message/{message-id-hash}/"'
)


def read_layout(table: SettingsTable) -> Layout:
    """Return where the pages are; raises :exc:`.SettingsError`."""
    layout = Layout(
        groupserver=table.flag("groupserver", default=True),
        group=_url(table, "group", is_group_url, _GROUP),
        topic=_url(table, "topic", is_topic_url, _TOPIC),
    )
    table.finish()
    return layout


def _url(
    table: SettingsTable, key: str, is_right: Callable[[str], bool], right: str
) -> str | None:
    text = table.text(key, right)
    if text is not None and not is_right(text):
        raise table.wrong(key, right)
    return text


#: Environment variables that go before the file: what they hold may be a secret.
DATABASE_VARIABLE: Final = "SENDPROFILE_SITE_DATABASE"
PASSWORD_VARIABLE: Final = "SENDPROFILE_SITE_SMTP_PASSWORD"  # noqa: S105 - the name of it

_POSTGRESQL: Final = re.compile(r"postgresql(\+psycopg)?://\S+")
_DATABASE: Final = (
    "it is postgresql://USER@HOST/NAME; without it the site has a SQLite file in its folder"
)
_URL: Final = 'it is an address such as "https://groups.example.org"'


def read_settings(file: Path, database: Path, environment: Mapping[str, str]) -> SiteSettings:
    """Return what *file* sets; without such a file, and for what it leaves out, the defaults.

    *database* is the SQLite file of a site that has no other. Raises :exc:`SettingsError`.
    """
    table = SettingsTable(file, "", _parsed(file))
    config = SiteSettings(
        database=_database(table, environment) or database,
        url=read_url(table, "url"),
        layout=read_layout(table.table("pages")),
        mail=read_mail(table.table("mail"), file.parent, environment.get(PASSWORD_VARIABLE)),
        service=_service(table.table("service"), file.parent),
    )
    table.finish()
    return config


def read_url(table: SettingsTable, key: str) -> str | None:
    """Return a URL without a slash at its end."""
    text = table.text(key, _URL)
    if text is None or is_url(text):
        return text and text.rstrip("/")
    raise table.wrong(key, _URL)


def is_url(text: str) -> bool:
    """Return whether *text* is where a service can be: http or https, a host, perhaps a path."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    plain = text.isprintable() and not re.search(r"[\s?#@<>\"\\]", text)
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0


def is_database(text: str) -> bool:
    """Return whether *text* is the URL of a PostgreSQL database."""
    return bool(_POSTGRESQL.fullmatch(text))


def has_password(database: str) -> bool:
    """Return whether there is a password in the URL of a *database*, or what may be one."""
    try:
        parts = urlsplit(database)
    except ValueError:
        return True
    named = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    return parts.password is not None or "password" in named


def _parsed(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: it is not UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        # Of its message the place alone: the rest may quote the line.
        where = re.search(r"at (line \d+), column \d+|at end of document", str(error))
        place = (where[1] or "its end") if where else "some line"
        raise SettingsError(
            f'{file}: it is not TOML, at {place}; a line is: key = "text", or: key = 1.'
        ) from error


def _database(table: SettingsTable, environment: Mapping[str, str]) -> str | None:
    text = table.text("database", _DATABASE)
    if text is not None and not is_database(text):
        raise table.wrong("database", _DATABASE)
    over = environment.get(DATABASE_VARIABLE)
    if over and not is_database(over):
        raise SettingsError(f"{DATABASE_VARIABLE} in the environment: {_DATABASE}.")
    return over or text


def _service(table: SettingsTable, folder: Path) -> ServiceSettings:
    default = ServiceSettings()
    unix = table.text("unix", "it is the path of a socket")
    settings = ServiceSettings(
        host=table.text("host", 'it is an address such as "127.0.0.1"') or default.host,
        port=table.number("port", default.port, 0, 65_535),
        unix=None if unix is None else folder / unix,
        log_format=cast("Format | None", table.choice("log-format", get_args(Format))),
        log_level=cast("Level", table.choice("log-level", get_args(Level)) or default.log_level),
    )
    table.finish()
    return settings


def find_exposed(file: Path) -> list[Path]:
    """Return which of the settings' *file*, and the file of a password that it names, are exposed.

    Without a secret in it *file* may be read by anybody. It has been read without an error.
    """
    try:
        settings = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return []
    mail = settings.get("mail", {})
    secrets = [file] if "password" in mail or "database" in settings else []
    if "password-file" in mail:
        secrets.append(file.parent / mail["password-file"])
    return [secret for secret in secrets if _is_exposed(secret)]


def _is_exposed(file: Path) -> bool:
    # A group may be meant to read it: the administrators, or the service alone.
    return bool(file.stat().st_mode & stat.S_IROTH)
