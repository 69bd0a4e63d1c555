# SPDX-License-Identifier: MIT
"""The commands that start this program as installed, and that install it with more extras."""

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
    """Return the command that starts *name*, ``sendprofile`` or ``sendprofile-site``, in a shell.

    It is the program in the folder of the running one: its name if the shell finds it on
    ``PATH``, otherwise its path, relative to the current folder if it is below that.
    """
    beside = Path(os.path.abspath(sys.argv[0])).with_name(name)  # noqa: PTH100 - keeps links
    if not beside.exists():  # a link in another folder started the running program
        beside = Path(sys.executable).with_name(name)
    on_path = shutil.which(name)
    if not beside.exists() or (on_path and Path(on_path).samefile(beside)):
        return name
    folder = Path.cwd()
    if beside.is_relative_to(folder):
        shown = str(beside.relative_to(folder))
        return shlex.quote(shown if "/" in shown else f"./{shown}")
    return shlex.quote(str(beside))


def install_command(extras: str) -> str:
    """Return the command that installs this distribution with *extras* such as ``site``.

    It names the source of the installation: the folder, the wheel or the repository (PEP 610).
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
        return named  # it was installed from an index
    if "vcs_info" in origin:
        return f"{named} @ {origin['vcs_info']['vcs']}+{origin['url']}"
    return (
        f"{unquote(url.path)}[{extras}]" if url.scheme == "file" else f"{named} @ {origin['url']}"
    )
