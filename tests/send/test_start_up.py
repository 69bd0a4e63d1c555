# SPDX-License-Identifier: MIT
"""A call imports what it uses, and no more: cron starts this often, and people ask for help."""

import subprocess
import sys

import pytest

COUNT = """\
import sys
sys.argv = ["sendprofile", *sys.argv[1:]]
from gs.profile.status.send.cli import command
try:
    command()
except SystemExit:
    pass
print(*sorted(sys.modules), sep="\\n", file=sys.stderr)
"""


def imported(*argv):
    done = subprocess.run(
        [sys.executable, "-c", COUNT, *argv], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


@pytest.mark.parametrize("argv", [["--help"], ["--version"]])
def test_help_needs_nothing_but_the_parser(argv):
    heavy = {"pycurl", "ijson", "rich", "json", "ssl", "http", "dataclasses", "typing"}
    assert imported(*argv) & heavy == set()


def test_a_silent_run_needs_no_terminal_library(groupserver, sendprofile):
    site = groupserver(members=["u1"])
    modules = imported("-c", str(sendprofile.config), site.url)
    assert "pycurl" in modules
    assert modules & {"rich", "sqlalchemy", "starlette", "asyncio", "jinja2"} == set()
