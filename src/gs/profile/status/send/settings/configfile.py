# SPDX-License-Identifier: MIT
"""The configuration file of GroupServer, read as ``gs.config`` reads it."""

import configparser
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gs.profile.status.send.errors import ConfigError
from gs.profile.status.send.text import Token

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
