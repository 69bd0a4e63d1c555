# SPDX-License-Identifier: MIT
"""The manual cannot lie: what it leaves out, or has in excess, fails here."""

import json
import os
import pkgutil
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gs.profile.status.hooks import SKIPPED, Field, Period, Status
from gs.profile.status.send import errors, errorvals, script
from gs.profile.status.send.ledger import runs
from gs.profile.status.send.ledger.connection import open_ledger
from gs.profile.status.send.report.status import as_json
from gs.profile.status.send.run.model import MemberId, Selection, StopCause, Verdict
from gs.profile.status.send.settings import options
from gs.profile.status.site.commands.options import parser as site_parser
from gs.profile.status.site.store.tables import METADATA
from gs.profile.status.site.web.metrics import Metrics
from send.fakes import Clock

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"


def page(name):
    return (REFERENCE / f"{name}.md").read_text()


def test_every_option_is_documented_and_no_other():
    documented = set(re.findall(r"^:::\{option\} (-.*)$", page("sendprofile"), re.MULTILINE))
    parser = options.parser("etc/gsconfig.ini")
    there = set()
    for action in parser._actions:
        if action.option_strings:
            value = f" {action.metavar or action.dest.upper()}" if action.nargs != 0 else ""
            there.add(", ".join(f"{option}{value}" for option in action.option_strings))
    assert documented == there


def test_the_synopsis_is_the_usage():
    parser = options.parser("etc/gsconfig.ini")
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    assert usage in " ".join(page("sendprofile").split())


def test_every_exit_code_has_its_name_of_sysexits():
    rows = re.findall(r"^\| (\d+) \| `(EX_\w+)` \|", page("exit-codes"), re.MULTILINE)
    assert len(rows) == 11
    assert [int(code) for code, _ in rows] == [getattr(os, name) for _, name in rows]


def subclasses(kind):
    for sub in kind.__subclasses__():
        yield sub
        yield from subclasses(sub)


def test_every_code_that_an_error_or_a_cause_can_have_is_documented():
    documented = {int(n) for n in re.findall(r"^\| (\d+) \|", page("exit-codes"), re.MULTILINE)}
    codes = {
        errorvals.code_of_error(kind("x"))
        for kind in subclasses(errors.SendProfileError)
        if kind is not errors.StoppedAtOnceError
    }
    codes |= {errorvals.code_of_error(errors.StoppedAtOnceError(cause)) for cause in signals()}
    assert codes | {0, 70} == documented


def signals():
    return [StopCause.HANG_UP, StopCause.INTERRUPT, StopCause.TERMINATE]


def test_the_tree_of_errors_is_drawn_as_it_is():
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__)
    assert sorted(drawn) == sorted(kind.__name__ for kind in subclasses(errors.SendProfileError))


def test_every_verdict_status_and_field_is_documented():
    for verdict in Verdict:
        assert f"| `{verdict}` |" in page("verdicts")
    for status in set(Status) - {Status.REFUSED}:
        assert f"| {str(status.value).replace('-', '−')} |" in page("hooks")
    for reason in SKIPPED.values():
        assert reason in page("hooks")
    for field in Field:
        assert f"`{field}`" in page("hooks")


def test_every_table_of_the_ledger_is_documented_and_no_other(tmp_path):
    open_ledger(tmp_path / "ledger.sqlite3").close()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as ledger:
        query = "SELECT name FROM sqlite_schema WHERE type = 'table'"
        tables = {name for (name,) in ledger.execute(query)}
    documented = set(re.findall(r"^\| `(\w+)` \|", page("ledger"), re.MULTILINE))
    assert documented == tables


def test_every_name_in_the_json_of_a_run_is_documented_and_no_other(tmp_path):
    with closing(open_ledger(tmp_path / "ledger.sqlite3")) as file:
        clock = Clock()
        begun = runs.open_run(file, "example.com", Period(2026, 10), clock, again=False)
        begun.ledger.enrol([MemberId("u")])
        begun.ledger.queue(Selection(), 0)
        begun.ledger.claim(1)
        begun.ledger.recover()
        accounts = runs.accounts(file, "example.com", clock)
        made = json.loads(as_json(accounts, "http://example.com", "l", exit_code=75))
    (run,) = made["runs"]
    names = {*made, *run, *run["unresolved"][0], *run["counts"]["unknown"]}
    documented = set(re.findall(r"`(\w+)`", page("json").partition("## `--dry-run`")[0]))
    assert names <= documented
    assert documented <= names | {"null"}


def test_every_name_of_the_api_is_documented():
    documented = re.findall(r"^:::\{py:(?!module)\w+\} (\w+)", page("api"), re.MULTILINE)
    assert sorted(documented) == sorted(script.__all__)


def glossary():
    lines = [line for line in page("glossary").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines[1:]]


CODE = sorted({name for row in glossary() for name in re.findall(r"`(.+?)`", row[2])})
USES = sorted(
    {
        (kind, name)
        for row in glossary()
        for kind, names in re.findall(r"([a-zA-Z]+?)s? ((?:`.+?`(?:, )?)+)", row[3])
        for name in re.findall(r"`(.+?)`", names)
    }
)


def test_the_glossary_is_in_order_and_has_a_term_once():
    terms = [row[0] for row in glossary()]
    assert terms == sorted(set(terms))


@pytest.mark.parametrize("name", CODE)
def test_every_name_of_code_in_the_glossary_exists(name):
    assert pkgutil.resolve_name(f"gs.profile.status.{name}")


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """Give the names of each kind that a row of the glossary may refer to."""
    path = tmp_path_factory.mktemp("glossary") / "ledger.sqlite3"
    open_ledger(path).close()
    with closing(sqlite3.connect(path)) as ledger:
        columns = ledger.execute(
            "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c"
        ).fetchall()
    columns += [
        (table.name, column.name) for table in METADATA.sorted_tables for column in table.c
    ]
    (commands,) = [action for action in site_parser()._actions if action.dest == "command"]
    parsers = [options.parser("etc/gsconfig.ini"), *commands.choices.values()]
    return {
        "option": {name for parser in parsers for name in parser._option_string_actions},
        "table": {table for table, _ in columns},
        "column": {f"{table}.{column}" for table, column in columns},
        "JSON": set(re.findall(r"`(\w+)`", page("json"))),
        "metric": {
            name
            for metric in Metrics().registry.collect()
            for name in (metric.name, f"{metric.name}_total")
        },
        "event": set(re.findall(r"^\| `(\w+)` \| \w+ \|", page("service"), re.MULTILINE)),
        "setting": set(re.findall(r"^:::\{confval\} (.+)$", page("site-toml"), re.MULTILINE)),
        "verdict": set(Verdict),
    }


@pytest.mark.parametrize(("kind", "name"), USES)
def test_every_use_of_a_term_in_the_glossary_exists(names, kind, name):
    assert name in names[kind]


def test_the_readme_names_every_target_of_make_that_a_newcomer_needs():
    readme = (ROOT / "README.md").read_text()
    for command in ("make demo", "make test"):
        assert command in readme


PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]


@pytest.mark.parametrize("text", PAGES, ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(text):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text.read_text()):
        assert (text.parent / target).exists(), target
