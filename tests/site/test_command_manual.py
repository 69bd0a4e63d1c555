# SPDX-License-Identifier: MIT
"""The manual of sendprofile-site documents exactly the existing commands and options."""

import re
from pathlib import Path

import pytest

from gs.profile.status.site.commands.options import parser
from gs.profile.status.site.ingest.people import COLUMNS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference/sendprofile-site.md").read_text()


COMMANDS = re.findall(r"^## sendprofile-site (.*)$", PAGE, re.MULTILINE)
# An option or an argument of --help, without its short form, and with its first value.
ENTRY = re.compile(r"^  (?:-\w(?: \S+)?, )?(\S+(?: \S+)?)", re.MULTILINE)


@pytest.fixture
def help_of(capsys, monkeypatch):
    """Return a function that gives the help of a command."""
    monkeypatch.setenv("COLUMNS", "1000")

    def printed(*command):
        with pytest.raises(SystemExit):
            parser().parse_args([*command, "--help"])
        return capsys.readouterr().out

    return printed


@pytest.mark.parametrize("name", COMMANDS)
def test_documented_options_are_the_options(help_of, name):
    section = re.search(
        rf"^## sendprofile-site {name}\n(.*?)(?=^## )", PAGE, re.DOTALL | re.MULTILINE
    )[1]
    documented = set(re.findall(r"^:::\{option\} (.*)$", section, re.MULTILINE))
    assert {*documented, "--help"} == set(ENTRY.findall(help_of(name).partition("\n\n")[2]))


def test_documented_commands_are_the_commands(help_of):
    commands = help_of().partition("  COMMAND\n")[2]
    assert sorted(COMMANDS) == sorted(re.findall(r"^    (\S+)", commands, re.MULTILINE))


def test_documented_columns_are_the_columns():
    table = PAGE.partition("| column |")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE)) == COLUMNS
