# SPDX-License-Identifier: MIT
"""One process of ``sendprofile-site serve`` that can be killed and started again."""

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from embedded.forks import run_forked
from gs.profile.status.site.cli import main
from limits import LIMIT, wait_until

_SITE: Final = Path(sys.executable).with_name("sendprofile-site")


def command(*words: object) -> str:
    """Run ``sendprofile-site`` with *words* and return its output; raise an error if it fails."""
    done = run_forked(main, _SITE, *words)
    if done.returncode:
        raise ValueError(f"{words[0]}: {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


@dataclass(eq=False, slots=True)
class SiteProcess:
    """A process that serves the site in *folder*; its *name* is unique in the folder."""

    folder: Path
    name: str = "site"
    url: str = field(default="", init=False)
    config: Path = field(default=Path(), init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start to serve, at the same URL as before."""
        ready = self.folder / f"{self.name}.json"
        ready.unlink(missing_ok=True)
        port = self.url.rstrip("/").rpartition(":")[2] or "0"
        words = ["serve", "--folder", self.folder, "--port", port, "--ready-file", ready]
        with self._log.open("ab") as log:
            process = subprocess.Popen([_SITE, *words], stdout=log, stderr=log)
        self._process = process
        wait_until(lambda: _read(ready) or process.poll() is not None)
        if not (details := _read(ready)):
            raise TimeoutError(f"The site does not start: {self.log}")
        self.url, self.config = details["url"], Path(details["config"])

    def kill(self) -> None:
        """Kill it with ``SIGKILL``."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(LIMIT)

    @property
    def log(self) -> str:
        """All its output since the first start."""
        return self._log.read_text("utf-8")

    @property
    def _log(self) -> Path:
        return self.folder / f"{self.name}.log"


def _read(ready: Path) -> dict[str, Any]:
    with suppress(FileNotFoundError, ValueError):
        return dict(json.loads(ready.read_text("utf-8")))
    return {}
