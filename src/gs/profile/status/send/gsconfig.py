# SPDX-License-Identifier: MIT
"""The token in a configuration file of GroupServer, read as ``gs.config`` does."""

import configparser
from pathlib import Path
from typing import Final

from .errors import ConfigError
from .token import Token

_TYPE: Final = "webservice"


def read_token(file: str, instance: str) -> Token:
    """Return the token of the configuration set *instance* in *file*.

    Raises :class:`ConfigError`, which names the file, the set and what is missing.
    """
    try:
        return _token(_parsed(file), file, instance)
    except ConfigError as error:
        raise ConfigError(f'Error with the configuration file "{file}":\n{error}') from error


def _parsed(file: str) -> configparser.ConfigParser:
    # As lenient as the Python 2 parser that the other scripts use: sections and options may
    # come twice, and a comment may stand behind a value.
    parser = configparser.ConfigParser(strict=False, inline_comment_prefixes=(";",))
    try:
        parser.read_string(_text(Path(file).read_bytes()), source=file)
    except OSError as error:
        raise ConfigError(
            f"{file}: {error.strerror}. Name the file of the instance with --config."
        ) from error
    except configparser.Error as error:
        # Not the parser's own message: it quotes the line, which may hold the token.
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
    if not parser.has_option(config_set, _TYPE):
        raise ConfigError(f'No configuration defined for "{_TYPE}" in set "{instance}".')
    value = _value(parser, config_set, _TYPE)
    section = f"{_TYPE}-{value}"
    if not parser.has_section(section):
        raise ConfigError(f'No configuration section for type "{_TYPE}" with value "{value}".')
    token = _value(parser, section, "token") if parser.has_option(section, "token") else ""
    if not token:
        raise ConfigError(f'The option "token" of section [{section}] is missing or empty.')
    return Token(token)


def _value(parser: configparser.ConfigParser, section: str, option: str) -> str:
    # The other scripts interpolate; a value that they cannot is taken as it stands.
    try:
        return parser.get(section, option)
    except configparser.InterpolationError:
        return parser.get(section, option, raw=True)
