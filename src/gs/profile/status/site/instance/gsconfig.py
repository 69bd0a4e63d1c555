# SPDX-License-Identifier: MIT
"""The token in the sender's configuration file, an ini file like GroupServer's."""

import re
from collections.abc import Iterator
from typing import Final

_NEW: Final = """\
# The configuration of sendprofile for the site in this folder. The token is a secret.
[config-default]
webservice = default

[webservice-default]
token = {token}
"""
_SECTION: Final = re.compile(r"\[([^\]]+)\]")
_OPTION: Final = re.compile(r"([^\s=:#;][^=:]*?)\s*[=:]\s*(.*)")
_COMMENT: Final = re.compile(r"\s*([#;]|$)")


class NoTokenError(ValueError):
    """The file has no place for the token."""


def new_gsconfig(token: str) -> str:
    """Return the text of a file that sets only the *token*."""
    return _NEW.format(token=token)


def replace_token(text: str, token: str) -> str:
    """Return *text* with another token and no other change; :exc:`NoTokenError` if it has none.

    It is the token of the configuration set ``default``, which ``sendprofile`` uses by default.
    """
    lines = text.splitlines(keepends=True)
    service = _last(lines, "config-default", "webservice")
    if service is None:
        raise NoTokenError('There is no option "webservice" in a section [config-default].')
    section = f"webservice-{service}"
    if _last(lines, section, "token") is None:
        raise NoTokenError(f'There is no option "token" in a section [{section}].')
    return "".join(_replaced(lines, section, token))


def _last(lines: list[str], section: str, option: str) -> str | None:
    # If an option occurs twice, the last one counts.
    values = [value for line, name, value in _options(lines) if name == (section, option)]
    return values[-1] if values else None


def _replaced(lines: list[str], section: str, token: str) -> Iterator[str]:
    for line, name, _ in _options(lines):
        if name != (section, "token"):
            yield line
        elif not line[0].isspace():  # a continuation line of the old value is dropped
            end = line[len(line.rstrip("\r\n")) :]
            yield f"token = {token}{end}"


def _options(lines: list[str]) -> Iterator[tuple[str, tuple[str, str], str]]:
    # Each line, the section and the option that it belongs to, and its value.
    section = option = ""
    for line in lines:
        if header := _SECTION.match(line.removeprefix("\ufeff")):
            section, option = header[1], ""
        elif _COMMENT.match(line):
            yield line, ("", ""), ""
            continue
        elif setting := _OPTION.match(line.rstrip("\r\n")):
            option = setting[1].lower()
            yield line, (section, option), setting[2].split(" ;")[0].strip()
            continue
        yield line, (section, option), ""
