# SPDX-License-Identifier: MIT
"""The manual of sendprofile-site documents exactly the existing commands and options."""

import re
from pathlib import Path

import pytest

from gs.profile.status.site.commands.options import parser
from gs.profile.status.site.ingest.people import COLUMNS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference/sendprofile-site.md").read_text()


def parsers():
    (commands,) = [action for action in parser()._actions if action.dest == "command"]
    return commands.choices


def written(action):
    if not action.option_strings:
        return action.metavar
    value = action.metavar or (action.choices and "{" + ",".join(action.choices) + "}")
    return f"{action.option_strings[-1]} {value}" if value else action.option_strings[-1]


@pytest.mark.parametrize("name", parsers())
def test_documented_options_are_the_options(name):
    section = re.search(
        rf"^## sendprofile-site {name}\n(.*?)(?=^## )", PAGE, re.DOTALL | re.MULTILINE
    )[1]
    documented = set(re.findall(r"^`(.*)`\n: ", section, re.MULTILINE))
    there = {written(action) for action in parsers()[name]._actions if action.dest != "help"}
    assert documented == there


def test_documented_commands_are_the_commands():
    documented = re.findall(r"^## sendprofile-site (.*)$", PAGE, re.MULTILINE)
    assert sorted(documented) == sorted(parsers())


def test_documented_columns_are_the_columns():
    table = PAGE.partition("| column |")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE)) == COLUMNS
