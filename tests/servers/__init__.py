# SPDX-License-Identifier: MIT
"""Real servers that the tests of the sender run against, and that misbehave when told to."""

from .answers import Answer
from .authority import Authority
from .groupserver import GroupServer

__all__ = ["Answer", "Authority", "GroupServer"]
