# SPDX-License-Identifier: MIT
"""An output stream whose errors do not end the run."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # for mypy; to import typing would double what a usage error costs
if TYPE_CHECKING:
    from typing import TextIO


class Output:
    """A text stream that writes nothing more after an error: a closed pipe, or a full disk.

    A run must not stop because it cannot write its output. *stream* is ``None`` if the stream was
    closed before Python started.
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
        """Write *text*, or nothing after an error of the stream."""
        if self._stream:
            try:
                self._stream.write(text)
            except OSError:
                self._give_up(self._stream)
        return len(text)

    def flush(self) -> None:
        """Write what is in the buffer."""
        if self._stream:
            try:
                self._stream.flush()
            except OSError:
                self._give_up(self._stream)

    def line(self, text: str) -> None:
        """Write *text* as one line, in one write, and flush it."""
        self.write(f"{text}\n")
        self.flush()

    def _give_up(self, stream: TextIO) -> None:
        self._stream = None
        # The interpreter would raise the error again when it writes the buffer at its end.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
