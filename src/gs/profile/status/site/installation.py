# SPDX-License-Identifier: MIT
"""How this program was installed: the commands that start it, and those that complete it."""

import json
import os
import shlex
import shutil
import sys
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

_DISTRIBUTION = "gs.profile.status.send"


def program(name: str) -> str:
    """Return what starts *name*, ``sendprofile`` or ``sendprofile-site``, in a shell here.

    It is the program that is installed beside the running one: its name where the shell finds it
    on ``PATH``, else its path, relative to the current folder where it is below that.
    """
    beside = Path(os.path.abspath(sys.argv[0])).with_name(name)  # noqa: PTH100 - keeps links
    if not beside.exists():  # the running one was started by a link from elsewhere
        beside = Path(sys.executable).with_name(name)
    found = shutil.which(name)
    if not beside.exists() or (found and Path(found).samefile(beside)):
        return name
    folder = Path.cwd()
    if beside.is_relative_to(folder):
        shown = str(beside.relative_to(folder))
        return shlex.quote(shown if "/" in shown else f"./{shown}")
    return shlex.quote(str(beside))


def install_command(extras: str) -> str:
    """Return what installs this distribution again, with *extras* such as ``site``, in a shell.

    It names what was installed: the folder, the wheel or the repository (PEP 610).
    """
    python = shlex.quote(sys.executable)
    installer = f"{python} -m pip install" if find_spec("pip") else f"uv pip install -p {python}"
    return f"{installer} {shlex.quote(_requirement(extras))}"


def _requirement(extras: str) -> str:
    named = f"{_DISTRIBUTION}[{extras}]"
    try:
        origin = json.loads(distribution(_DISTRIBUTION).read_text("direct_url.json") or "{}")
        url = urlsplit(origin["url"])
    except (PackageNotFoundError, KeyError, ValueError):
        return named  # it came from an index
    if "vcs_info" in origin:
        return f"{named} @ {origin['vcs_info']['vcs']}+{origin['url']}"
    return (
        f"{unquote(url.path)}[{extras}]" if url.scheme == "file" else f"{named} @ {origin['url']}"
    )
