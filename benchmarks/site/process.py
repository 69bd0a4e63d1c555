# SPDX-License-Identifier: MIT
"""Runs the site as an administrator does, with a mail server that takes all it is given."""

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
_PATIENCE: Final = 60
_LOOK_EVERY: Final = 0.05
_AT_A_TIME: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Running:
    """A site that listens at *url*: its process, its sender's configuration, its month."""

    pid: int
    url: str
    config: Path
    period: str

    def call(self, hook: str, **fields: str) -> int:
        """Call a *hook* with these fields and the token; return how long its answer is."""
        token = self.config.read_text("utf-8").rpartition("token = ")[2].strip()
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=_PATIENCE)
        head = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", hook, urlencode({**fields, "token": token}), head)
        answer, octets = connection.getresponse(), 0
        while part := answer.read(_AT_A_TIME):
            octets += len(part)
        connection.close()
        return octets

    def list_members(self) -> int:
        """Ask for all members, and return how long the list is."""
        return self.call(MEMBERS_URI, get="Get")

    def warm_up(self) -> None:
        """Have it answer once, about somebody who is not there: no group is looked at."""
        self.call(SEND_URI, send="Send", profileId="nobody", period=self.period)


@contextmanager
def running(bench: Workbench, folder: Path, smtp: int) -> Iterator[Running]:
    """Serve the site in *folder*, which hands its mail to the port *smtp*."""
    (folder / "site.toml").write_text(_SETTINGS.format(port=smtp), "utf-8")
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    argv = [str(PROGRAM), "serve", "--folder", str(folder), "--ready-file", str(ready)]
    started = start(argv, bench.cores.server)
    try:
        said = json.loads(_awaited(ready, started.pid))
        url = said["url"].rstrip("/")
        yield Running(started.pid, url, Path(said["config"]), said["period"])
    finally:
        os.kill(started.pid, signal.SIGTERM)
        started.finish()


@contextmanager
def mail_server(bench: Workbench) -> Iterator[tuple[int, Path]]:
    """Run the mail server, and yield its port, and the file that has its counts in the end."""
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
            sink.wait(_PATIENCE)


def copied(folder: Path, to: Path) -> Path:
    """Return a copy of a site in the folder *to*, in place of what is there."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(folder, to)
    return to


def _awaited(ready: Path, pid: int) -> str:
    until = time.monotonic() + _PATIENCE
    while not (ready.exists() and (text := ready.read_text("utf-8"))):
        # Whether it has ended; the exit code is left to whoever asks for it, with what was said.
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended or time.monotonic() > until:
            raise FailedError("the site does not start")
        time.sleep(_LOOK_EVERY)
    return text
