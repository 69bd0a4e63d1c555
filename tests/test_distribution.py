# SPDX-License-Identifier: MIT
"""What is shipped is whole, and works where nothing else is installed."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("hooks", "send", "site")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel, as pip does for ``pip install .``."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", folder, ROOT], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def fresh(wheel, tmp_path_factory):
    """Install the wheel, without its extra, where nothing else is; return the programs' folder."""
    folder = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    install = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    return folder / "bin"


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_the_wheel_has_all_that_the_sources_have(wheel):
    source = ROOT / "src"
    there = {
        str(path.relative_to(source))
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    shipped = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert shipped == there
    for package in PACKAGES:
        assert f"gs/profile/status/{package}/py.typed" in shipped


def test_the_namespaces_leave_room_for_other_packages(wheel):
    shipped = zipfile.ZipFile(wheel).namelist()
    for namespace in ("gs", "gs/profile", "gs/profile/status"):
        assert f"{namespace}/__init__.py" not in shipped


def test_the_command_works_without_the_extra(fresh, groupserver, sendprofile_config):
    site = groupserver(members=["u1", "u2"])
    done = run(fresh / "sendprofile", "-v", "-c", sendprofile_config, site.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert site.mailed == {"u1": 1, "u2": 1}


def test_the_site_says_what_to_install_where_the_extra_is_missing(fresh):
    done = run(fresh / "sendprofile-site", "demo")
    assert done.returncode == 1
    assert "pip install 'gs.profile.status.send[site]'" in done.stderr
    assert len(done.stderr.splitlines()) <= 2


@pytest.fixture
def sendprofile_config(tmp_path):
    file = tmp_path / "gsconfig.ini"
    file.write_text("[config-default]\nwebservice = w\n[webservice-w]\ntoken = secret\n")
    return file


@pytest.mark.parametrize(
    "file",
    sorted((ROOT / "src").rglob("*.py")),
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_a_file_is_a_room_and_not_a_wing(file):
    assert len(file.read_text().splitlines()) <= 250
