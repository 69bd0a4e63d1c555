# SPDX-License-Identifier: MIT
"""What was done, or would be done, with the people of a file."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_SHOWN: Final = 10


@dataclass(slots=True)
class Tally:
    """Counts of people, and of what they got; *groups* are those that were made."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    addresses: int = 0
    memberships: int = 0
    groups: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield what to tell about it."""
        yield f"{self.new:>9,}  people are new"
        yield f"{self.changed:>9,}  are changed"
        yield f"{self.unchanged:>9,}  are as they were"
        yield f"{self.addresses:>9,}  addresses are new"
        yield f"{self.memberships:>9,}  memberships are new"
        if self.groups:
            more = ", …" if len(self.groups) > _SHOWN else ""
            named = ", ".join(self.groups[:_SHOWN])
            yield f"{len(self.groups):>9,}  groups are new: {named}{more}"
