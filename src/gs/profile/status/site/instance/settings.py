# SPDX-License-Identifier: MIT
"""Reads the settings of a site from its file and the environment."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast, get_args
from urllib.parse import parse_qsl, urlsplit

from gs.profile.status.site.logs import Format, Level

from .errors import ConfigError
from .mail import read_mail
from .pages import read_layout
from .site_settings import ServiceSettings, SiteConfig
from .tables import ConfigTable

#: Environment variables that go before the file: what they hold may be a secret.
DATABASE_VARIABLE: Final = "SENDPROFILE_SITE_DATABASE"
PASSWORD_VARIABLE: Final = "SENDPROFILE_SITE_SMTP_PASSWORD"  # noqa: S105 - the name of it

_POSTGRESQL: Final = re.compile(r"postgresql(\+psycopg)?://\S+")
_DATABASE: Final = (
    "it is postgresql://USER@HOST/NAME; without it the site has a SQLite file in its folder"
)
_URL: Final = 'it is an address such as "https://groups.example.org"'


def read_config(file: Path, database: Path, environment: Mapping[str, str]) -> SiteConfig:
    """Return what *file* sets; without such a file, and for what it leaves out, the defaults.

    *database* is the SQLite file of a site that has no other. Raises :exc:`ConfigError`.
    """
    table = ConfigTable(file, "", _parsed(file))
    config = SiteConfig(
        database=_database(table, environment) or database,
        url=read_url(table, "url"),
        layout=read_layout(table.table("pages")),
        mail=read_mail(table.table("mail"), file.parent, environment.get(PASSWORD_VARIABLE)),
        service=_service(table.table("service"), file.parent),
    )
    table.finish()
    return config


def read_url(table: ConfigTable, key: str) -> str | None:
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
        raise ConfigError(f"{file}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: it is not UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        # Of its message the place alone: the rest may quote the line.
        where = re.search(r"at (line \d+), column \d+|at end of document", str(error))
        place = (where[1] or "its end") if where else "some line"
        raise ConfigError(
            f'{file}: it is not TOML, at {place}; a line is: key = "text", or: key = 1.'
        ) from error


def _database(table: ConfigTable, environment: Mapping[str, str]) -> str | None:
    text = table.text("database", _DATABASE)
    if text is not None and not is_database(text):
        raise table.wrong("database", _DATABASE)
    over = environment.get(DATABASE_VARIABLE)
    if over and not is_database(over):
        raise ConfigError(f"{DATABASE_VARIABLE} in the environment: {_DATABASE}.")
    return over or text


def _service(table: ConfigTable, folder: Path) -> ServiceSettings:
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
