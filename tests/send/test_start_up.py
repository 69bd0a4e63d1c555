# SPDX-License-Identifier: MIT
"""An invocation imports only what it uses, so that it starts quickly."""

import os
import shlex
import subprocess
import sys

import pexpect
import pytest

from limits import LIMIT

CALL = """\
import sys
sys.argv[0] = "sendprofile"
from gs.profile.status.send.cli import command
try:
    command()
except SystemExit:
    pass
"""

# The help of the parser, without the imports that find the width of the terminal.
PARSER = (
    "argparse.ArgumentParser(formatter_class=lambda prog: argparse.HelpFormatter(prog, width=78))"
)

# The libraries that each invocation uses, with all that they import.
PARSING = ["__future__", "argparse"]
SETTINGS = [
    *PARSING,
    *(
        "configparser",
        "contextlib",
        "dataclasses",
        "datetime",
        "hashlib",
        "html",
        "json",
        "pathlib",
    ),
    *("typing", "urllib.parse"),
    *("encodings.idna", "encodings.utf_8_sig"),  # of the host name, of the configuration file
]
LOOKING = [*SETTINGS, "sqlite3"]
CALLING = [*LOOKING, "ijson.backends.yajl2_c", "pycurl", "select", "signal", "ssl"]
SENDING = [*CALLING, "fcntl", "http", "random", "resource", "socket"]

OURS = "gs.profile.status"
ROOMS = ("", ".cli", ".errors", ".settings", ".settings.options", ".version")
HELP = {f"{OURS}.send{room}" for room in ROOMS}
ERROR = HELP | {f"{OURS}.send.{room}" for room in ("errorvals", "report", "report.output")}


@pytest.fixture
def modules_of(tmp_path):
    """Return a function that runs a program in a new process, and returns its modules."""
    listed = tmp_path / "modules"

    def run(program, *argv):
        writes = f"import sys\nprint(*sys.modules, file=open({str(listed)!r}, 'w'))"
        words = [sys.executable, "-c", f"{program}\n{writes}", *argv]
        subprocess.run(words, capture_output=True, check=True, timeout=LIMIT)
        return set(listed.read_text().split())

    return run


@pytest.fixture
def imported(modules_of):
    """Return a function that runs ``sendprofile``, and returns other modules and its own."""

    def call(*argv, beyond):
        modules = modules_of(CALL, *argv)
        ours = {name for name in modules if name == "gs" or name.startswith("gs.")}
        bare = modules_of(f"import {', '.join(beyond)}\n{PARSER}.format_help()")
        return modules - ours - bare, ours - {"gs", "gs.profile", OURS}

    return call


@pytest.fixture
def options(sendprofile, ledger):
    """Return the options that every invocation needs."""
    return ["-c", str(sendprofile.config), "--ledger", str(ledger)]


def parts(ours):
    """Return the single names of the packages and modules that were imported."""
    return {part for name in ours for part in name.removeprefix(f"{OURS}.send.").split(".")}


@pytest.mark.parametrize("argv", [["--help"], ["--version"]])
def test_help_imports_the_parser_only(argv, imported):
    superfluous, ours = imported(*argv, beyond=PARSING)
    assert superfluous == set()
    assert ours == HELP


@pytest.mark.parametrize("argv", [[], ["--nosuch"], ["-j", "none", "http://localhost"]])
def test_a_usage_error_imports_the_parser_and_the_output_only(argv, imported):
    superfluous, ours = imported(*argv, beyond=PARSING)
    assert superfluous == set()
    assert ours == ERROR


def test_status_does_not_import_the_client(options, imported):
    superfluous, ours = imported(*options, "--status", "http://localhost", beyond=LOOKING)
    assert superfluous == set()
    assert parts(ours) & {"client", "campaign", "judge", "pace", "stop"} == set()


def test_dry_run_does_not_import_the_parts_that_send(options, groupserver, imported):
    site = groupserver(members=["u1"])
    superfluous, ours = imported(*options, "--dry-run", site.url, beyond=CALLING)
    assert superfluous == set()
    assert parts(ours) & {"campaign", "judge"} == set()


@pytest.mark.parametrize("verbose", [[], ["-v"]], ids=["silent", "verbose"])
def test_a_run_without_a_terminal_does_not_import_rich(verbose, options, groupserver, imported):
    site = groupserver(members=["u1"])
    superfluous, ours = imported(*options, *verbose, site.url, beyond=SENDING)
    assert superfluous == set()
    assert (
        ours & {f"{OURS}.send.report.{kind}" for kind in ("terminal", "dryrun", "status")} == set()
    )
    assert len(site.sends) == 1


def test_a_run_with_cacert_does_not_import_ssl(options, groupserver, authority, imported):
    site = groupserver(members=["u1"], tls=authority.good())
    libraries = [each for each in SENDING if each != "ssl"]
    cacert = ["--cacert", str(authority.pem)]
    superfluous, _ = imported(*options, *cacert, site.url, beyond=libraries)
    assert superfluous == set()
    assert len(site.sends) == 1


def test_help_is_as_wide_as_the_terminal(sendprofile):
    command = shlex.join([*sendprofile.words, "--help"])
    # The environment of Python: readline, which pytest imports, sets COLUMNS without Python.
    output = pexpect.run(command, timeout=LIMIT, env=dict(os.environ), dimensions=(24, 60))
    assert 45 < max(map(len, output.decode().splitlines())) < 60


@pytest.mark.parametrize("columns", ["50", "80", "120", "0", "wide"])
def test_help_has_the_width_of_the_environment(columns, sendprofile):
    output = sendprofile.run("--help", COLUMNS=columns).stdout.splitlines()
    width = int(columns) if columns.isdecimal() and int(columns) else 80
    assert width - 15 < max(map(len, output)) < width
