# SPDX-License-Identifier: MIT
"""The fault table of the manual is true: each fault has the result that its row describes."""

import re
from itertools import cycle
from pathlib import Path

import pytest

from .faults_of_machine import FAULTS as OF_MACHINE
from .faults_of_site import FAULTS as OF_SITE
from .scenario import Case

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"
SCENARIOS = {**OF_SITE, **OF_MACHINE}


def table():
    """Return the rows of the page by their first cell: verdict, code, messages."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {row[0]: row[1:] for row in cells if row[0] != "what happens"}


ROWS = table()

# Each fault with one call in flight, and with many: -j 64 or -j auto.
TRIED = [
    (fault, jobs)
    for fault, many in zip(SCENARIOS, cycle(["64", "auto"]))
    for jobs in ("1", many)
    # Before the first call, the number of jobs makes no difference.
    if jobs == "1" or ROWS.get(fault, ["none"])[0] != "none"
]


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


@pytest.fixture
def case(jobs, groupserver, sendprofile, authority, tmp_path):
    return Case(groupserver, sendprofile, authority, tmp_path / "case", jobs)


def test_every_row_of_the_table_has_one_scenario():
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    heads = sum(line.startswith("| what happens |") for line in rows)
    assert len(rows) - heads == len(ROWS), "a row is there twice"
    assert len(OF_SITE) + len(OF_MACHINE) == len(SCENARIOS)
    assert set(ROWS) == set(SCENARIOS)


def pattern(words, jobs):
    """Return the pattern of *words*; with many *jobs*, the numbers may be higher."""
    pattern = re.escape(words)
    if jobs == "1":
        return pattern
    return re.sub(r"\d+(?=\\ )", r"\\d+", pattern).replace("answer", "answers?")


def check_promise(site, verdicts):
    """Check that nobody is mailed twice, nobody is forgotten, and the ledger is right."""
    assert max(site.mailed.values(), default=0) <= 1
    assert set(verdicts) >= set(site.members)
    for member, verdict in verdicts.items():
        if verdict not in {"unknown", "sending"}:
            assert site.mailed[member] == (verdict == "sent"), member


@pytest.mark.parametrize(("fault", "jobs"), TRIED, ids=lambda word: word)
def test_a_fault_has_the_result_in_its_row(case, fault, jobs):
    verdict, code, message = ROWS[fault]
    case.folder.mkdir()
    end = SCENARIOS[fault](case)
    assert str(end.code) in code.split(", "), end.output
    assert "Traceback" not in end.output
    if message.startswith("nothing") and "-v" not in message:
        assert end.output == ""
    for words in set(quoted(message)) - {"-v"}:
        assert re.search(pattern(words, jobs), end.output), end.output
    if verdict == "none":
        assert case.site is None or len(case.site.sends) == case.before
        return
    verdicts = case.recorded or case.verdicts()
    kinds = set(verdicts.values())
    assert kinds - {"sent"} == set(quoted(verdict)) - {"sent"}
    assert kinds >= {"sent"} or verdict != "`sent`"
    check_promise(case.site, verdicts)
