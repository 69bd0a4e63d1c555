# SPDX-License-Identifier: MIT
"""The shared tools of all parts: a folder, cores, lists, a sender, and nginx on demand."""

import sys
from contextlib import ExitStack
from pathlib import Path

from benchmarks.machine import Cores, program
from benchmarks.member_lists import write_list
from benchmarks.nginx import Nginx, nginx
from benchmarks.sender import Sender
from benchmarks.sizes import Sizes


class Workbench:
    """The *folder* of all files, the *sizes* of the measurements, and the *cores*.

    *data* is the folder of mail archives from the command line.
    """

    def __init__(
        self,
        folder: Path,
        sizes: Sizes,
        cores: Cores,
        closing: ExitStack,
        data: Path | None = None,
    ) -> None:
        self.folder = folder
        self.data = data
        self.sizes = sizes
        self.cores = cores
        self.sender = Sender(folder / "ledgers")
        self.lists = folder / "lists"
        closing.callback(self.sender.remove_ledgers)
        self._closing = closing
        self._nginx: Nginx | None = None

    @property
    def nginx(self) -> Nginx:
        """nginx, started at the first use; raises :class:`MissingError` if it is missing."""
        if self._nginx is None:
            serving = nginx(
                program("nginx"),
                self.folder / "nginx",
                self.lists,
                sys.executable,
                self.cores.server,
            )
            self._nginx = self._closing.enter_context(serving)
        return self._nginx

    def site(self, root: str, members: int) -> str:
        """Return the URL of the site of nginx below *root* with this number of *members*."""
        write_list(self.lists, members)
        return f"{root}/{members}"
