# SPDX-License-Identifier: MIT
"""A stream to write to that may break without breaking the run."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # for mypy; to import typing would double what a usage error costs
if TYPE_CHECKING:
    from typing import TextIO


class Output:
    """A text stream that falls silent when its reader goes away or its disk is full.

    The run is about other people's mail: a closed pager is no reason to stop in the middle. Nor
    is ``None``, which Python has for a stream that was closed before it began.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:
        """The encoding of the stream."""
        return (self._stream and self._stream.encoding) or "ascii"

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self._stream is not None and self._stream.isatty()

    def write(self, text: str) -> int:
        """Write *text*, or nothing if the stream has broken."""
        if self._stream:
            try:
                self._stream.write(text)
            except OSError:
                self._break(self._stream)
        return len(text)

    def flush(self) -> None:
        """Let what was written go out."""
        if self._stream:
            try:
                self._stream.flush()
            except OSError:
                self._break(self._stream)

    def line(self, text: str) -> None:
        """Write *text* as a line of its own, in one write, at once."""
        self.write(f"{text}\n")
        self.flush()

    def _break(self, stream: TextIO) -> None:
        self._stream = None
        # What is still in the stream's buffer would raise again when the interpreter ends.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
