# SPDX-License-Identifier: MIT
"""Reads how the site hands its mail over: the table ``[mail]``."""

from pathlib import Path
from typing import Final, cast

from gs.profile.status.site.delivery.settings import PORTS, Security, SmtpSettings

from .tables import ConfigTable

_HOST: Final = 'it is the name of the mail server, such as "mail.example.org"'
_ADDRESS: Final = 'it is an e-mail address, such as "bounces@example.org"'
_DEFAULT: Final = SmtpSettings(host="localhost")


def read_mail(table: ConfigTable, folder: Path, password: str | None) -> SmtpSettings | None:
    """Return how to reach the mail server, ``None`` where mail goes to a Maildir folder.

    Paths begin in *folder*; *password* goes before the one that is set. What is wrong is told even
    where no mail goes to the server. Raises :exc:`ConfigError`.
    """
    to = table.choice("to", ("maildir", "smtp")) or "maildir"
    if to == "smtp" and "host" not in table:
        raise table.wrong("host", f'with to = "smtp" {_HOST}')
    settings = _smtp(table, folder, password)
    table.finish()
    return settings if to == "smtp" else None


def _smtp(table: ConfigTable, folder: Path, password: str | None) -> SmtpSettings:
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


def _password(table: ConfigTable, folder: Path, over: str | None) -> str | None:
    written = table.secret("password")
    file = _file(table, "password-file", folder)
    if over:
        return over if "user" in table else None
    if written is not None and file is not None:
        raise table.wrong("password-file", "leave it out, or password")
    return written if file is None else _only_line(table, file)


def _only_line(table: ConfigTable, file: Path) -> str:
    try:
        lines = file.read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise table.wrong("password-file", f"{file} is not UTF-8") from error
    if len(lines) != 1 or not lines[0]:
        raise table.wrong("password-file", f"{file} is to have one line, the password")
    return lines[0]


def _file(table: ConfigTable, key: str, folder: Path) -> Path | None:
    text = table.text(key, "it is the path of a file")
    if text is None:
        return None
    file = folder / text
    try:
        file.open("rb").close()
    except OSError as error:
        raise table.wrong(key, f"{file}: {error.strerror}") from error
    return file
