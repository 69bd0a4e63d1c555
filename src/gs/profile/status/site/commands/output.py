# SPDX-License-Identifier: MIT
"""What a command says, and writes into files for others to read."""

import os
import sys
from pathlib import Path
from typing import TextIO


def say(text: str) -> None:
    """Write *text* as a line to standard output, at once."""
    _write(sys.stdout, text)


def warn(text: str) -> None:
    """Write *text* as a line to standard error, with the name of the program."""
    _write(sys.stderr, f"sendprofile-site: {text}")


def write_at_once(file: Path, text: str) -> None:
    """Write *file* so that whoever waits for it finds all of it or none."""
    part = part_of(file)
    part.write_text(text, "utf-8")
    part.replace(file)


def part_of(file: Path) -> Path:
    """Return where *file* is written before it is whole."""
    return file.with_name(f"{file.name}.part")


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(f"{text}\n")
        stream.flush()
    except BrokenPipeError:
        # Whoever read it has left: the work goes on. What is still in the stream's buffer would
        # raise again when the interpreter ends.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
