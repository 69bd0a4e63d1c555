# SPDX-License-Identifier: MIT
"""The manual's table of faults is true: each is made to happen, and comes to what is written."""

import re
from pathlib import Path

import pytest

from .faults_of_machine import FAULTS as OF_MACHINE
from .faults_of_site import FAULTS as OF_SITE
from .scenario import Case

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"
SCENARIOS = {**OF_SITE, **OF_MACHINE}


def table():
    """Return the rows of the page: by what happens, the verdict, the code, what is said."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {row[0]: row[1:] for row in cells if row[0] != "what happens"}


ROWS = table()


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


@pytest.fixture
def case(groupserver, sendprofile, authority, tmp_path):
    return Case(groupserver, sendprofile, authority, tmp_path / "case")


def test_every_row_has_its_scenario_and_every_scenario_its_row():
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    heads = sum(line.startswith("| what happens |") for line in rows)
    assert len(rows) - heads == len(ROWS), "a row is there twice"
    assert len(OF_SITE) + len(OF_MACHINE) == len(SCENARIOS)
    assert set(ROWS) == set(SCENARIOS)


@pytest.mark.parametrize("fault", SCENARIOS)
def test_a_fault_comes_to_what_its_row_says(case, fault):
    verdict, code, said = ROWS[fault]
    case.folder.mkdir()
    end = SCENARIOS[fault](case)
    assert str(end.code) in code.split(", "), end.said
    assert "Traceback" not in end.said
    if said.startswith("nothing") and "-v" not in said:
        assert end.said == ""
    for words in set(quoted(said)) - {"-v"}:
        assert words in end.said
    if verdict == "none":
        assert case.site is None or len(case.site.sends) == case.before
        return
    found = case.found or case.verdicts()
    assert found - {"sent"} == set(quoted(verdict)) - {"sent"}
    assert found >= {"sent"} or verdict != "`sent`"
    assert max(case.site.mailed.values(), default=0) <= 1
