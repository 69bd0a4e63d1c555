# SPDX-License-Identifier: MIT
"""The location of the ledger: the command line, the file, the environment."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gs.profile.status.send.ledger.connection import open_ledger, open_ledger_read_only
from gs.profile.status.send.settings import options
from gs.profile.status.send.settings.settings import Settings, default_ledger

from .conftest import GSCONFIG

# An environment, and the path of the ledger in it; ~ is the home folder of the test.
PLACES = [
    ({"STATE_DIRECTORY": "/var/lib/sp"}, "/var/lib/sp/ledger.sqlite3"),
    ({"STATE_DIRECTORY": "/var/lib/sp:/var/lib/b"}, "/var/lib/sp/ledger.sqlite3"),
    ({"STATE_DIRECTORY": "/s", "XDG_STATE_HOME": "/x"}, "/s/ledger.sqlite3"),
    ({"XDG_STATE_HOME": "/x"}, "/x/sendprofile/ledger.sqlite3"),
    ({"STATE_DIRECTORY": "", "XDG_STATE_HOME": "/x"}, "/x/sendprofile/ledger.sqlite3"),
    ({"XDG_STATE_HOME": "x/y"}, "~/.local/state/sendprofile/ledger.sqlite3"),
    ({"XDG_STATE_HOME": ""}, "~/.local/state/sendprofile/ledger.sqlite3"),
    ({}, "~/.local/state/sendprofile/ledger.sqlite3"),
]


@pytest.mark.parametrize(("environment", "place"), PLACES)
def test_the_default_ledger_is_in_the_state_folder(environment, place):
    assert default_ledger({**os.environ, **environment}) == Path(place).expanduser()


@pytest.fixture
def settings(sendprofile):
    """Return a function that makes the settings of a command line, with *ledger* in the file."""

    def settings(*argv, ledger=None, **environment):
        text = GSCONFIG.format(token="secret")
        if ledger:
            text = text.replace("]\n", "]\nsendprofile = ours\n", 1)
            text += f"[sendprofile-ours]\nledger = {ledger}\n"
        sendprofile.config.write_text(text)
        words = ["-c", str(sendprofile.config), *argv, "http://h"]
        variables = {**os.environ, **environment}
        return Settings.of(options.parse(words, "x"), variables, datetime(2026, 11, 1, tzinfo=UTC))

    return settings


def test_the_command_line_overrides_the_file_and_the_file_the_environment(settings):
    state = {"STATE_DIRECTORY": "/s"}
    assert settings(**state).ledger == Path("/s/ledger.sqlite3")
    assert settings(ledger="/f/l", **state).ledger == Path("/f/l")
    assert settings("--ledger", "/c/l", ledger="/f/l", **state).ledger == Path("/c/l")


def test_a_path_in_the_file_is_relative_to_the_file_or_to_home(settings, sendprofile):
    folder = sendprofile.config.parent
    assert settings(ledger="state/l").ledger == folder / "state" / "l"
    assert settings(ledger="~/l").ledger == Path("~/l").expanduser()


def test_a_path_on_the_command_line_is_relative_to_the_working_directory(
    settings, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert settings("--ledger", "l").ledger == tmp_path / "l"


@pytest.mark.parametrize("name", ["STATE_DIRECTORY", "XDG_STATE_HOME", "HOME"])
def test_the_command_creates_the_default_ledger(groupserver, sendprofile, tmp_path, name):
    site = groupserver(members=["u1"])
    place = tmp_path / "a folder"
    assert sendprofile.run(site.url, **{name: str(place)}).returncode == 0
    assert [path.name for path in place.rglob("*.sqlite3")] == ["ledger.sqlite3"]
    assert sendprofile.run(site.url, **{name: str(place)}).returncode == 0
    assert site.mailed == {"u1": 1}


@pytest.mark.parametrize("name", ["l?mode=ro", "l%00", "l#x", "ü ñ", "l\nx", ":memory:", "-l"])
def test_any_file_name_can_be_a_ledger(settings, tmp_path, name):
    path = settings(f"--ledger={tmp_path / 'state' / name}").ledger
    for _ in range(2):
        open_ledger(path).close()
    assert [file.name for file in path.parent.iterdir()] == [name]
    open_ledger_read_only(path).close()
