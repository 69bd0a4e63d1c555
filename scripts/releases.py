# SPDX-License-Identifier: MIT
"""Runs the test suite with the newest or the lowest allowed releases instead of the pinned ones.

The environment variable PYTEST may have more arguments for pytest.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
UV: Final = Path(sysconfig.get_path("scripts"), "uv")
CONSTRAINTS: Final = ROOT / "requirements" / "constraints.txt"
#: The packages of a new, empty environment.
SEEDS: Final = {"pip", "setuptools", "wheel"}
PIN: Final = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


def main() -> int:
    """Create the environment, run the suite in it, print the result; return the code of pytest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", choices=["newest", "lowest"])
    parser.add_argument("--group", action="append", default=["test"])
    options = parser.parse_args()
    folder = ROOT / "build" / options.which
    python = folder / "bin" / "python"
    install(options.which, python, options.group)
    differing = differences(uv("freeze", "--python", python))
    for name, pinned, installed in differing:
        print(f"{name}: {installed} is installed, {pinned} is pinned")
    if not differing:
        print(f"The pinned releases are the {options.which} ones; there is nothing to test.")
        return 0
    print(f"Running the test suite with the {options.which} releases…", flush=True)
    log = folder / "pytest.log"
    with log.open("wb") as output:
        parallel = ["-n", "auto", "--dist", "worksteal", "--quiet"]
        more = shlex.split(os.environ.get("PYTEST", ""))
        command = [python, "-m", "pytest", *parallel, *more]
        code = subprocess.run(command, cwd=ROOT, stdout=output, check=False).returncode
    lines = log.read_text().splitlines()
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    print("\n".join([*failed, *lines[-1:]]))
    outcome = "fails" if code else "passes"
    print(f"The test suite {outcome} with the {options.which} releases. Output: {log}")
    return code


def install(which: str, python: Path, groups: list[str]) -> None:
    """Install the project, editable, with the newest or the lowest releases in a new place."""
    subprocess.run(
        [UV, "venv", "--quiet", "--seed", "--clear", python.parents[1]], cwd=ROOT, check=True
    )
    packages = ["--editable", ".[site,postgresql]"]
    for group in groups:
        packages += ["--group", group]
    if which == "lowest":
        # Only for the packages that users install; the tools of the tests are always the newest.
        lowest = python.parents[1] / "lowest.txt"
        extras = ["--extra", "site", "--extra", "postgresql"]
        resolution = ["--resolution", "lowest-direct", "--output-file", str(lowest)]
        uv("compile", "--python", python, "pyproject.toml", *extras, *resolution)
        packages += ["--constraints", str(lowest)]
    uv("install", "--python", python, *packages)


def differences(frozen: str) -> list[tuple[str, str, str]]:
    """Return the name, the pinned and the installed version of each package that differs."""
    pinned: dict[str, set[str]] = {}
    for name, version in PIN.findall(CONSTRAINTS.read_text()):
        pinned.setdefault(name, set()).add(version)
    return [
        (name, " or ".join(sorted(pinned.get(name, {"none"}))), version)
        for name, version in PIN.findall(frozen)
        if name not in SEEDS and version not in pinned.get(name, set())
    ]


def uv(*arguments: str | Path) -> str:
    """Run ``uv pip`` with *arguments*, and return what it prints."""
    command = [UV, "pip", arguments[0], "--quiet", *arguments[1:]]
    return subprocess.run(command, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout


if __name__ == "__main__":
    sys.exit(main())
