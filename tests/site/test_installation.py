# SPDX-License-Identifier: MIT
"""Printed commands start the right program from the current folder."""

import importlib.metadata
import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from gs.profile.status.site import installation
from gs.profile.status.site.installation import install_command, program


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Install two programs in a folder with a space in its name, and start one; return it."""
    folder = tmp_path / "a venv" / "bin"
    folder.mkdir(parents=True)
    for name in ("sendprofile", "sendprofile-site"):
        (folder / name).write_text(f"#!/bin/sh\necho {name}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(folder / "sendprofile-site"), "demo"])
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return folder


def typed(words):
    return subprocess.run(["sh", "-c", words], check=True, capture_output=True, text=True).stdout


@pytest.mark.usefixtures("programs")
@pytest.mark.parametrize("where", ["a venv/bin", "a venv", ".", "elsewhere"])
def test_the_program_beside_this_one_is_found_from_any_folder(tmp_path, monkeypatch, where):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / where)
    assert typed(program("sendprofile")) == "sendprofile\n"
    assert Path(shlex.split(program("sendprofile"))[0]).is_absolute() == (where == "elsewhere")


def test_a_program_on_the_path_is_named_without_its_folder(programs, monkeypatch):
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    assert program("sendprofile") == "sendprofile"


@pytest.mark.usefixtures("programs")
def test_another_program_of_that_name_on_the_path_is_not_used(tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    (other / "sendprofile").write_text("#!/bin/sh\necho another\n")
    (other / "sendprofile").chmod(0o755)
    monkeypatch.setenv("PATH", f"{other}:/usr/bin:/bin")
    assert typed(program("sendprofile")) == "sendprofile\n"


@pytest.mark.usefixtures("programs")
def test_a_symbolic_link_leads_to_the_program_beside_python(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "sendprofile-site")])
    assert typed(program("sendprofile")) == "sendprofile\n"


@pytest.mark.parametrize(
    ("origin", "named"),
    [
        ({"url": "file:///srv/a%20clone", "dir_info": {"editable": True}}, "/srv/a clone[site]"),
        ({"url": "file:///x.whl", "archive_info": {}}, "/x.whl[site]"),
        (
            {"url": "https://example.com/x", "vcs_info": {"vcs": "git", "commit_id": "1"}},
            "gs.profile.status.send[site] @ git+https://example.com/x",
        ),
        (
            {"url": "https://example.com/x.whl", "archive_info": {}},
            "gs.profile.status.send[site] @ https://example.com/x.whl",
        ),
        (None, "gs.profile.status.send[site]"),
    ],
)
def test_a_missing_extra_is_installed_from_the_same_source(monkeypatch, origin, named):
    class Installed:
        def read_text(self, _name):
            return origin and json.dumps(origin)

    monkeypatch.setattr(installation, "distribution", lambda _name: Installed())
    *installer, requirement = shlex.split(install_command("site"))
    assert requirement == named
    assert installer == [sys.executable, "-m", "pip", "install"]


def test_uv_is_suggested_without_pip(monkeypatch):
    monkeypatch.setattr(installation, "find_spec", lambda _name: None)
    assert shlex.split(install_command("site"))[:4] == ["uv", "pip", "install", "-p"]


def test_the_name_is_suggested_without_a_distribution(monkeypatch):
    def find(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(installation, "distribution", find)
    assert install_command("site").endswith(" 'gs.profile.status.send[site]'")
