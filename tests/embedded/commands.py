# SPDX-License-Identifier: MIT
"""Runs sendprofile-site, as a command that ends or as one that serves."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

SITE = Path(sys.executable).with_name("sendprofile-site")


def run(*arguments, **options):
    command = [SITE, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, **options
    )


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
        deadline = time.monotonic() + 30
        while not ready.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        yield process, json.loads(ready.read_text())
    finally:
        process.kill()
        process.communicate()
