# SPDX-License-Identifier: MIT
"""Runs sendprofile-site, as a command that ends or as one that serves."""

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from limits import LIMIT, wait_until

SITE = Path(sys.executable).with_name("sendprofile-site")


def run(*arguments, **options):
    command = [SITE, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT, check=False, **options
    )


def copied(site, folder):
    """Give a copy, of a test's own, of the site that was made once for many; into *folder*."""
    return shutil.copytree(site, folder / "site")


@contextmanager
def running(*arguments, folder):
    """Start a command that serves, and give it once it is ready, with what it says."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    process = subprocess.Popen(
        [SITE, *map(str, arguments), "--ready-file", ready],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: ready.exists() or process.poll() is not None)
        yield process, json.loads(ready.read_text())
    finally:
        process.kill()
        process.communicate()
