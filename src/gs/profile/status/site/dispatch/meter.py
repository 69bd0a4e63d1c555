# SPDX-License-Identifier: MIT
"""Who is told how the dispatcher gets on."""

from typing import Protocol

from gs.profile.status.site.delivery import Refused

from .call import Answer


class Meter(Protocol):
    """Counts; several threads may call it at once: the dispatcher's, and those beside it."""

    def waiting(self, calls: int) -> None:
        """Hear how many calls wait to be taken up: from the dispatcher, and from event loops."""

    def answered(self, answer: Answer) -> None:
        """Hear what a caller is told, once for each: from the dispatcher."""

    def handed_over(self, outcome: tuple[Refused, ...] | Exception) -> None:
        """Hear how a hand-over ended: from the threads that hand letters over."""
