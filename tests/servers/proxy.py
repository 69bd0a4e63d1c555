# SPDX-License-Identifier: MIT
"""A real forward proxy (proxy.py) as a separate program."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from limits import LIMIT, wait_until

_TESTS = Path(__file__).parents[1]


@dataclass(eq=False)
class Proxy:
    """A proxy on a free port of 127.0.0.1, which keeps its files in *folder*.

    With *credentials* (``user:password``) it answers 407 to requests without them; with
    *refuses* it answers 403 to all requests.
    """

    folder: Path
    credentials: str = ""
    refuses: bool = False
    port: int = field(default=0, init=False)

    def __enter__(self) -> Self:
        self._log = (self.folder / "proxy.log").open("wb")
        self._process = subprocess.Popen(
            self._command(),
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(_TESTS), "HOME": str(self.folder)},
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        try:
            self.port = self._await_port()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # Its acceptor is a process too, so the signal goes to the process group.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()

    @property
    def url(self) -> str:
        """The value for the variable ``http_proxy``."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def passed(self) -> Sequence[str]:
        """The forwarded requests, one per line: method, host, and path or host and port.

        A line is written before the request is forwarded, and so before its answer.
        """
        file = self.folder / "passed"
        return file.read_text().splitlines() if file.exists() else []

    def _command(self) -> list[str]:
        plugin = "Refuse" if self.refuses else "LogRequests"
        command = [sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", "0"]
        command += ["--num-workers", "1", "--num-acceptors", "1", "--timeout", str(LIMIT)]
        command += ["--port-file", str(self.folder / "port"), "--data-dir", str(self.folder)]
        command += ["--plugins", f"servers.proxy_plugins.{plugin}"]
        command += ["--passed", str(self.folder / "passed")]
        return command + (["--basic-auth", self.credentials] if self.credentials else [])

    def _await_port(self) -> int:
        file = self.folder / "port"

        def is_written() -> bool:
            return file.exists() and file.read_text().endswith("\n")

        wait_until(lambda: is_written() or self._process.poll() is not None)
        if not is_written():
            log = (self.folder / "proxy.log").read_text()
            raise RuntimeError(f"the proxy does not start:\n{log}")
        return int(file.read_text())
