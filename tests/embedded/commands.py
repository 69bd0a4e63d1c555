# SPDX-License-Identifier: MIT
"""Runs sendprofile-site: commands that end, and commands that serve."""

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from embedded.forks import forked, run_forked
from gs.profile.status.site.cli import main
from limits import wait_until

SITE = Path(sys.executable).with_name("sendprofile-site")


def run(*arguments, **options):
    """Run a command until it ends."""
    return run_forked(main, SITE, *arguments, **options)


def begun(*arguments):
    """Start a command in a forked process."""
    return forked(main, SITE, *arguments)


@contextmanager
def started(*arguments):
    """Start the installed program in a new process."""
    process = subprocess.Popen(
        [SITE, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def copied(site, folder):
    """Copy a shared *site* into *folder*, so that a test can change it; return the copy."""
    return shutil.copytree(site, folder / "site")


@contextmanager
def running(*arguments, folder, start=begun):
    """Start a command that serves; yield the process and its ready file once it is ready."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    with start(*arguments, "--ready-file", ready) as process:
        wait_until(lambda: ready.exists() or process.poll() is not None)
        yield process, json.loads(ready.read_text())
