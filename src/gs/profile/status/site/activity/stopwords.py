# SPDX-License-Identifier: MIT
"""The words, of several languages, that say nothing of what a post is about."""

from importlib.resources import files
from typing import Final


def _read() -> frozenset[str]:
    lines = files(__package__).joinpath("stopwords.txt").read_text("utf-8").splitlines()
    return frozenset(
        word.casefold() for line in lines if not line.startswith("#") for word in line.split()
    )


STOPWORDS: Final = _read()
