# SPDX-License-Identifier: MIT
"""Real servers for the tests, with configurable faults."""

from .answers import Answer
from .authority import Authority
from .groupserver import GroupServer

__all__ = ["Answer", "Authority", "GroupServer"]
