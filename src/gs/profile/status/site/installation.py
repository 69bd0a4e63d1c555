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
    found = shutil.which(name)
    if found and beside.exists() and Path(found).samefile(beside):
        return name
    if not beside.exists():
        return name
    folder = Path.cwd()
    if beside.is_relative_to(folder):
        shown = str(beside.relative_to(folder))
        return shlex.quote(shown if "/" in shown else f"./{shown}")
    return shlex.quote(str(beside))


def install_command(extras: str) -> str:
    """Return what installs this distribution again, with *extras* such as ``site``, in a shell.

    It names the folder or the wheel that was installed (PEP 610). Where it came from elsewhere,
    the reader has to name that.
    """
    python = shlex.quote(sys.executable)
    installer = f"{python} -m pip install" if find_spec("pip") else f"uv pip install -p {python}"
    return f"{installer} {shlex.quote(f'{_origin() or _DISTRIBUTION}[{extras}]')}"


def _origin() -> Path | None:
    try:
        url = json.loads(distribution(_DISTRIBUTION).read_text("direct_url.json") or "{}")["url"]
    except (PackageNotFoundError, KeyError, ValueError):
        return None
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None
