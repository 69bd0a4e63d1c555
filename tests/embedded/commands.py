# SPDX-License-Identifier: MIT
"""Runs sendprofile-site, as a command that ends or as one that serves."""

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
    """Run a command to its end."""
    return run_forked(main, SITE, *arguments, **options)


def begun(*arguments):
    """Begin a command."""
    return forked(main, SITE, *arguments)


@contextmanager
def started(*arguments):
    """Start the installed program itself."""
    process = subprocess.Popen(
        [SITE, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def copied(site, folder):
    """Give a copy, of a test's own, of the site that was made once for many; into *folder*."""
    return shutil.copytree(site, folder / "site")


@contextmanager
def running(*arguments, folder, start=begun):
    """Start a command that serves, and give it once it is ready, with what it says."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    with start(*arguments, "--ready-file", ready) as process:
        wait_until(lambda: ready.exists() or process.poll() is not None)
        yield process, json.loads(ready.read_text())
