# SPDX-License-Identifier: MIT
"""Who is told how the dispatcher gets on."""

from typing import Protocol

from gs.profile.status.site.mail import Refused

from .tasks import Answer


class Meter(Protocol):
    """Counts; it is called in the dispatcher's thread and in those of event loops."""

    def waiting(self, calls: int) -> None:
        """Hear how many calls wait to be taken up."""

    def answered(self, answer: Answer) -> None:
        """Hear what a caller is told."""

    def handed_over(self, outcome: tuple[Refused, ...] | Exception) -> None:
        """Hear how a hand-over ended."""


class Unmetered:
    """Counts nothing."""

    def waiting(self, calls: int) -> None:
        """Hear it."""

    def answered(self, answer: Answer) -> None:
        """Hear it."""

    def handed_over(self, outcome: tuple[Refused, ...] | Exception) -> None:
        """Hear it."""
