# SPDX-License-Identifier: MIT
"""The settings of a site: what ``site.toml`` and the environment set."""

import re
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import parse_qsl, urlsplit

from gs.profile.status.site.delivery.settings import SmtpSettings
from gs.profile.status.site.links import Layout, is_group_url, is_topic_url
from gs.profile.status.site.logs import Format, Level

#: Environment variables that override the file: their values may be secrets.
DATABASE_VARIABLE: Final = "SENDPROFILE_SITE_DATABASE"
PASSWORD_VARIABLE: Final = "SENDPROFILE_SITE_SMTP_PASSWORD"  # noqa: S105 - the name of it


class SettingsError(Exception):
    """A setting is wrong; the line names the file, the key and what would be right, no value."""


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Where the site listens, and how it logs.

    It listens on the socket *unix* if that is set, otherwise on *host* and *port*; port 0 is any
    free one. A *log_format* of ``None`` depends on whether standard error is a terminal.
    """

    host: str = "127.0.0.1"
    port: int = 0
    unix: Path | None = None
    log_format: Format | None = None
    log_level: Level = "info"


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """All settings of a site.

    *database* is a SQLite file, or the URL of a PostgreSQL database, which may have a password.
    *url* is where members reach this service, without a slash at the end; ``None`` means the URL
    of each site. *layout* says which pages the e-mails link. Without *mail* the e-mails go into
    the Maildir folder of the site.
    """

    database: Path | str = field(repr=False)
    url: str | None = None
    layout: Layout = field(default_factory=Layout)
    mail: SmtpSettings | None = None
    service: ServiceSettings = field(default_factory=ServiceSettings)

    @property
    def many_processes(self) -> bool:
        """Whether several processes may serve the site at the same time."""
        return isinstance(self.database, str)


def read_settings(file: Path, database: Path, environment: Mapping[str, str]) -> SiteSettings:
    """Return the settings in *file* and *environment*; what neither sets has its default.

    *database* is the SQLite file of a site without another database. Raises
    :exc:`SettingsError`.
    """
    settings = _check(file, "", _parse(file))
    pages, mail, service = (
        _check(file, name, settings.get(name, {})) for name in ("pages", "mail", "service")
    )
    url, unix = settings.get("url"), service.get("unix")
    return SiteSettings(
        database=_database(environment) or settings.get("database") or database,
        url=url and url.rstrip("/"),
        layout=Layout(**pages),
        mail=_mail(file, mail, environment.get(PASSWORD_VARIABLE)),
        service=ServiceSettings(**{**service, "unix": unix and file.parent / unix}),
    )


def find_exposed(file: Path) -> list[Path]:
    """Return the files with secrets that every user of the machine can read.

    These are *file*, where it has a secret, and the password file that it names. *file* must have
    been read without an error.
    """
    settings = _parse(file)
    mail = settings.get("mail", {})
    secrets = [file] if "password" in mail or "database" in settings else []
    if "password-file" in mail:
        secrets.append(file.parent / mail["password-file"])
    # A group may be meant to read it: the administrators, or the service alone.
    return [secret for secret in secrets if secret.stat().st_mode & stat.S_IROTH]


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
    return re.fullmatch(r"postgresql(\+psycopg)?://\S+", text) is not None


def has_password(database: str) -> bool:
    """Return whether the URL of a *database* has a password, or something that may be one."""
    try:
        parts = urlsplit(database)
    except ValueError:
        return True
    named = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    return parts.password is not None or "password" in named


@dataclass(frozen=True, slots=True)
class _Key:
    """A key of ``site.toml``: what its value must be, in words and as a check."""

    must_be: str
    is_right: Callable[[Any], bool]


def _text(must_be: str, is_right: Callable[[str], bool] = lambda _text: True) -> _Key:
    def is_text(value: object) -> bool:
        return isinstance(value, str) and value.strip() != "" and value.isprintable()

    return _Key(must_be, lambda value: is_text(value) and is_right(value))


def _choice(*choices: str) -> _Key:
    quoted = ", ".join(f'"{choice}"' for choice in choices)
    return _text(f"one of {quoted}", choices.__contains__)


def _whole(most: int) -> _Key:
    # In Python a bool is an int too.
    return _Key(f"a whole number up to {most}", lambda value: type(value) is int and value <= most)


def _table(name: str) -> _Key:
    return _Key(f"a table: [{name}]", lambda value: isinstance(value, dict))


_MAIL_HOST: Final = 'the name of the mail server, such as "mail.example.org"'
_DATABASE: Final = (
    "postgresql://USER@HOST/NAME; without it the site has a SQLite file in its folder"
)
_FILE: Final = _text("the path of a file")
_LAST_PORT: Final = 65_535
_DAY: Final = 86_400
# Of the values in [mail] only the type and an upper limit are checked here: SmtpSettings checks
# the rest.
_SECONDS: Final = _Key(
    f"a number of seconds, at most {_DAY}",
    lambda value: type(value) in {int, float} and value <= _DAY,
)
_KEYS: Final[dict[str, dict[str, _Key]]] = {
    "": {
        "url": _text('a URL such as "https://groups.example.org"', is_url),
        "database": _text(_DATABASE, is_database),
        "pages": _table("pages"),
        "mail": _table("mail"),
        "service": _table("service"),
    },
    "pages": {
        "groupserver": _Key("true or false", lambda value: isinstance(value, bool)),
        "group": _text(
            'a URL such as "https://lists.example.org/archives/{group}/"', is_group_url
        ),
        "topic": _text(
            "a URL with {message-id} or {message-id-hash} in it, such as "
            '"https://lists.example.org/archives/{group}/message/{message-id-hash}/"',
            is_topic_url,
        ),
    },
    "mail": {
        "to": _choice("maildir", "smtp"),
        "host": _text(_MAIL_HOST),
        "port": _whole(_LAST_PORT),
        "security": _text("a text"),
        "user": _text("the name to log in with"),
        "password": _Key('a text: "…"', lambda value: isinstance(value, str)),
        "password-file": _FILE,
        "ca-file": _FILE,
        "timeout": _SECONDS,
        "final-timeout": _SECONDS,
        "connections": _whole(64),
        "messages": _whole(1_000_000),
        "idle": _SECONDS,
        "bounces": _text('an e-mail address, such as "bounces@example.org"'),
        "local-hostname": _text("the name of this machine"),
    },
    "service": {
        "host": _text('an address such as "127.0.0.1"'),
        "port": _Key(
            f"a whole number from 0 to {_LAST_PORT}",
            lambda value: type(value) is int and 0 <= value <= _LAST_PORT,
        ),
        "unix": _text("the path of a socket"),
        "log-format": _choice(*get_args(Format)),
        "log-level": _choice(*get_args(Level)),
    },
}


def _parse(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _error(file, "", f"{error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _error(file, "", "The file is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        # Only the place: the rest of the parser's message may quote the line.
        where = re.search(r"at (line \d+), column \d+|at end of document", str(error))
        place = (where[1] or "its end") if where else "some line"
        message = f'The file is not TOML at {place}; write key = "text", or key = 1'
        raise _error(file, "", message) from error


def _check(file: Path, name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the table called *name*, by the names of the fields that they set."""
    keys = _KEYS[name]
    for key, value in table.items():
        if key not in keys:
            shown = key if key.isprintable() and len(key) < 100 else ascii(key)[:100]  # noqa: PLR2004
            raise _error(
                file, name, f"There is no key {shown}; the keys are {', '.join(sorted(keys))}"
            )
        if not keys[key].is_right(value):
            raise _error(file, name, f"{key} must be {keys[key].must_be}")
    return {key.replace("-", "_"): value for key, value in table.items()}


def _error(file: Path, table: str, message: str) -> SettingsError:
    return SettingsError(f"{file}: {f'[{table}] ' if table else ''}{message}.")


def _database(environment: Mapping[str, str]) -> str | None:
    database = environment.get(DATABASE_VARIABLE)
    if database and not is_database(database):
        raise SettingsError(f"{DATABASE_VARIABLE} in the environment must be {_DATABASE}.")
    return database


def _mail(file: Path, values: dict[str, Any], password: str | None) -> SmtpSettings | None:
    """Return how to reach the mail server; ``None`` where e-mails go into the Maildir folder.

    *password* overrides the one that is set. A wrong value is an error even if no e-mail goes to
    the server.
    """
    to = values.pop("to", "maildir")
    if to == "smtp" and "host" not in values:
        raise _error(file, "mail", f'with to = "smtp", host must be {_MAIL_HOST}')
    word_file = _readable(file, "password-file", values.pop("password_file", None))
    values["ca_file"] = _readable(file, "ca-file", values.get("ca_file"))
    if password:
        values["password"] = password if "user" in values else None
    elif word_file is not None:
        if "password" in values:
            raise _error(file, "mail", "password and password-file: set only one of them")
        values["password"] = _only_line(file, word_file)
    try:
        settings = SmtpSettings(**{"host": "localhost", **values})
    except ValueError as error:
        raise _error(file, "mail", str(error)) from error
    return settings if to == "smtp" else None


def _readable(file: Path, key: str, name: str | None) -> Path | None:
    if name is None:
        return None
    try:
        (file.parent / name).open("rb").close()
    except OSError as error:
        message = f"{key}: cannot read {file.parent / name}: {error.strerror}"
        raise _error(file, "mail", message) from error
    return file.parent / name


def _only_line(file: Path, word_file: Path) -> str:
    try:
        lines = word_file.read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise _error(file, "mail", f"password-file: {word_file} is not UTF-8") from error
    if len(lines) != 1 or not lines[0]:
        message = f"password-file: {word_file} must have one line, the password"
        raise _error(file, "mail", message)
    return lines[0]
