# SPDX-License-Identifier: MIT
"""What is shipped is whole, and its dependencies are pinned where the project is tested."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGES = ("hooks", "send", "site")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel, as pip does for ``pip install .``."""
    folder = tmp_path_factory.mktemp("wheel")
    # With the build backend that is installed here: another one could break the test.
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", folder, ROOT], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


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


PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PROJECT["dependency-groups"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
#: What each file of requirements/ is made from.
MADE_FROM = {
    "run": [*PROJECT["project"]["dependencies"], *EXTRAS["site"], *GROUPS["build"]],
    **{name: group for name, group in GROUPS.items() if name != "build"},
    "constraints": [
        *PROJECT["project"]["dependencies"],
        *(one for extra in EXTRAS.values() for one in extra),
        *(one for group in GROUPS.values() for one in group),
    ],
}
PIN = re.compile(
    r"^([\w.-]+==[^\\\n]+?)\s*(\\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\\n|\n))+|\n)",
    re.MULTILINE,
)


def pins(name):
    """Return what a file of requirements/ pins, each with its hashes."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    found = {Requirement(pin): hashes.count("--hash=") for pin, hashes in PIN.findall(text)}
    assert len(found) == len(re.findall(r"^[^#\s]", text, re.MULTILINE))
    return found


def applies(requirement, python):
    where = {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.9",
    }
    return requirement.marker is None or requirement.marker.evaluate(where)


def test_an_archive_of_the_source_has_all_that_make_needs(tmp_path):
    build = "import sys; from hatchling.build import build_sdist; print(build_sdist(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    with tarfile.open(tmp_path / done.stdout.split()[-1]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    pinned = {f"requirements/{name}.txt" for name in MADE_FROM}
    assert pinned | {"Makefile", "scripts/demo.py", "tests/conftest.py", ".ci/run"} <= names


def test_there_is_a_file_of_pins_for_each_group():
    files = {file.stem for file in (ROOT / "requirements").glob("*.txt")}
    assert files == set(MADE_FROM)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", MADE_FROM)
def test_every_requirement_is_pinned_once_to_a_release_that_it_allows(name, python):
    pinned = {}
    for pin in pins(name):
        if applies(pin, python):
            (specifier,) = pin.specifier
            assert canonicalize_name(pin.name) not in pinned
            pinned[canonicalize_name(pin.name)] = specifier.version
    wanted = [Requirement(one) for one in MADE_FROM[name] if isinstance(one, str)]
    for requirement in wanted:
        if applies(requirement, python):
            version = pinned.get(canonicalize_name(requirement.name))
            assert version, f"{requirement} is not pinned: run `make lock LOCK=`"
            assert version in requirement.specifier, f"{requirement}: run `make lock LOCK=`"


@pytest.mark.parametrize("name", [name for name in MADE_FROM if name != "constraints"])
def test_every_pin_has_hashes_and_is_that_of_all_groups(name):
    together = {str(pin) for pin in pins("constraints")}
    for pin, hashes in pins(name).items():
        assert hashes > 0
        assert f"{pin.name}{pin.specifier}" in {one.partition(";")[0] for one in together}


def test_what_builds_the_project_is_pinned():
    assert set(PROJECT["build-system"]["requires"]) <= set(GROUPS["build"])
