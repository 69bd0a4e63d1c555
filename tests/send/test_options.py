# SPDX-License-Identifier: MIT
"""The options of the command line: those of the original, and new ones."""

from datetime import time

import pytest

from gs.profile.status.send.errors import UsageError
from gs.profile.status.send.settings import options

URL = "https://groups.example.com/"


def parsed(*argv):
    return options.parse([*argv, URL], "etc/gsconfig.ini")


def test_the_defaults_are_those_of_the_original():
    chosen = parsed()
    assert (chosen.url, chosen.config, chosen.instance) == (URL, "etc/gsconfig.ini", "default")
    assert (chosen.throttle, chosen.verbose, chosen.timeout) == (0, False, 240)
    assert chosen.cacert is None


@pytest.mark.parametrize(
    ("argv", "option", "value"),
    [
        (["-c", "x.ini"], "config", "x.ini"),
        (["--config=x.ini"], "config", "x.ini"),
        (["--conf", "x.ini"], "config", "x.ini"),
        (["--c=x.ini"], "config", "x.ini"),
        (["-i", "production"], "instance", "production"),
        (["--inst", "production"], "instance", "production"),
        (["-t", "5"], "throttle", 5),
        (["-t5"], "throttle", 5),
        (["-t", "0.25"], "throttle", 0.25),
        (["--throttle", "5"], "throttle", 5),
        (["--t", "5"], "throttle", 5),
        (["-v"], "verbose", True),
        (["--verbose"], "verbose", True),
        (["--ver"], "verbose", True),
        (["--timeout", "1.5"], "timeout", 1.5),
        (["--cacert", "ca.pem"], "cacert", "ca.pem"),
        (["--max-unknown", "0"], "max_unknown", 0),
        (["-j", "64"], "jobs", 64),
        (["--jobs=512"], "jobs", 512),
        (["-j", "auto"], "jobs", None),
        (["-j", "AUTO"], "jobs", None),
        (["--rate", "2"], "rate", 2),
        (["--rate", "2/s"], "rate", 2),
        (["--rate", "90/m"], "rate", 1.5),
        (["--rate", "5400/h"], "rate", 1.5),
        (["--rate", "0.5/s"], "rate", 0.5),
        (["--until", "06:30"], "until", time(6, 30)),
        (["--until", "6:30"], "until", time(6, 30)),
        (["--until", "00:00"], "until", time(0, 0)),
    ],
)
def test_each_form_of_an_option_is_accepted(argv, option, value):
    assert getattr(parsed(*argv), option) == value


@pytest.mark.parametrize(
    "argv",
    [
        ["-t", "-1"],
        ["-t", "nan"],
        ["-t", "inf"],
        ["-t", "1e999"],
        ["-t", "soon"],
        ["-t"],
        ["-j", "0"],
        ["-j", "513"],
        ["-j", "many"],
        ["--rate", "0"],
        ["--rate", "-2/s"],
        ["--rate", "nan"],
        ["--rate", "inf/h"],
        ["--rate", "2/d"],
        ["--rate", "2/s/s"],
        ["--rate", "/s"],
        ["--rate", "fast"],
        ["--until", "24:00"],
        ["--until", "12:60"],
        ["--until", "noon"],
        ["--until", "12"],
        ["--until", "12:00:00"],
        ["--timeout", "0"],
        ["--timeout", "-5"],
        ["--timeout", "1e-9"],
        ["--max-unknown", "-1"],
        ["--max-unknown", "1.5"],
        ["--period", "2026-13"],
        ["--period", "2026"],
        ["--period", "9999-12"],
        ["--period", ""],
        ["--limit", "0"],
        ["--status", "--dry-run"],
        ["--nosuch"],
        ["http://another.example.com"],
    ],
)
def test_a_wrong_command_line_is_a_usage_error(argv):
    with pytest.raises(UsageError, match="usage: sendprofile"):
        parsed(*argv)


def test_a_missing_url_is_a_usage_error():
    with pytest.raises(UsageError, match="url"):
        options.parse([], "etc/gsconfig.ini")


@pytest.mark.parametrize("option", ["-h", "--help", "-V", "--version"])
def test_help_and_version_print_and_end(option, capsys):
    with pytest.raises(SystemExit) as raised:
        options.parse([option], "100%/gsconfig.ini")
    assert raised.value.code == 0
    assert "sendprofile" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["-j", "1.5"], "-j/--jobs: neither auto nor a number from 1 to 512: '1.5'"),
        (["--limit", "-5"], "--limit: not a whole number of at least 1: '-5'"),
        (["--rate", "5,5/s"], "--rate: not a rate, such as 2/s, 90/m or 5000/h: '5,5/s'"),
        (["--period", "26-10"], "--period: not a month, such as 2026-10: '26-10'"),
        (["--until", "noon"], "--until: not a time of day, such as 06:30: 'noon'"),
    ],
)
def test_the_error_for_a_wrong_value_has_an_example(argv, message):
    with pytest.raises(UsageError) as raised:
        parsed(*argv)
    assert str(raised.value).endswith(f"argument {message}")
