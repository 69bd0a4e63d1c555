# SPDX-License-Identifier: MIT
"""Runs the site as an administrator does, with a mail server that accepts everything."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from benchmarks.process_cost import FailedError, environment, pinned, start
from benchmarks.workbench import Workbench

from gs.profile.status.hooks import MEMBERS_URI, SEND_URI

PROGRAM: Final = Path(sys.executable).with_name("sendprofile-site")

_SETTINGS: Final = """\
[mail]
to = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
bounces = "bounces@example.org"
[service]
log-level = "warning"
"""
_TIMEOUT: Final = 60
_LOOK_EVERY: Final = 0.05
_AT_A_TIME: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Running:
    """A site at *url*: its process, the configuration for the sender, and the period."""

    pid: int
    url: str
    config: Path
    period: str

    def call(self, hook: str, **fields: str) -> int:
        """Call a *hook* with these fields and the token; return the length of the answer."""
        token = self.config.read_text("utf-8").rpartition("token = ")[2].strip()
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=_TIMEOUT)
        head = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", hook, urlencode({**fields, "token": token}), head)
        answer, octets = connection.getresponse(), 0
        while part := answer.read(_AT_A_TIME):
            octets += len(part)
        connection.close()
        return octets

    def list_members(self) -> int:
        """Call the members hook; return the length of the list."""
        return self.call(MEMBERS_URI, get="Get")

    def warm_up(self) -> None:
        """Call the send hook once for a missing member; this reads no group."""
        self.call(SEND_URI, send="Send", profileId="nobody", period=self.period)


@contextmanager
def running(bench: Workbench, folder: Path, smtp: int) -> Iterator[Running]:
    """Serve the site in *folder*, which delivers to the port *smtp*."""
    (folder / "site.toml").write_text(_SETTINGS.format(port=smtp), "utf-8")
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    argv = [str(PROGRAM), "serve", "--folder", str(folder), "--ready-file", str(ready)]
    started = start(argv, bench.cores.server)
    try:
        output = json.loads(_awaited(ready, started.pid))
        url = output["url"].rstrip("/")
        yield Running(started.pid, url, Path(output["config"]), output["period"])
    finally:
        os.kill(started.pid, signal.SIGTERM)
        started.finish()


@contextmanager
def mail_server(bench: Workbench) -> Iterator[tuple[int, Path]]:
    """Run the mail server; yield its port, and the file for its final counts."""
    counts = bench.folder / "smtp-sink.json"
    argv = [sys.executable, "-m", "benchmarks.smtp_sink", "--status", str(counts)]
    with pinned(bench.cores.client):
        sink = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment())
    with sink:
        assert sink.stdout is not None  # noqa: S101 - it is a pipe
        try:
            yield int(sink.stdout.readline()), counts
        finally:
            sink.terminate()
            sink.wait(_TIMEOUT)


def copied(folder: Path, to: Path) -> Path:
    """Replace the folder *to* by a copy of *folder*; return it."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(folder, to)
    return to


def _awaited(ready: Path, pid: int) -> str:
    until = time.monotonic() + _TIMEOUT
    while not (ready.exists() and (text := ready.read_text("utf-8"))):
        # Check whether it ended, without consuming the exit code.
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended or time.monotonic() > until:
            raise FailedError("the site does not start")
        time.sleep(_LOOK_EVERY)
    return text
