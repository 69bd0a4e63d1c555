# SPDX-License-Identifier: MIT
"""The screen that fits an output: what a terminal needs is imported for a terminal alone."""

from collections.abc import Mapping
from typing import Final

from .output import Output
from .screen import Plain, Screen

# Values of TERM; "" for a terminal that nobody has said anything about.
_CAN_DO_NOTHING: Final = ("", "dumb", "unknown")


def screen(output: Output, environment: Mapping[str, str]) -> Screen:
    """Return the best screen that *output* can be."""
    if output.isatty() and environment.get("TERM", "") not in _CAN_DO_NOTHING:
        from .terminal import Terminal

        return Terminal(output, environment)
    return Plain(output)
