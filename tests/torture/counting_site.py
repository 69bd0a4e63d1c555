# SPDX-License-Identifier: MIT
"""The test's site, slow enough to be caught at work, and faulty where it is told so."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from random import Random
from threading import Lock

from servers import GroupServer
from servers.deaths import HTTP1, STILLBIRTHS
from servers.faults import delayed
from servers.moves import Behaviour, Fault
from servers.request import Request

_LIFETIME = 7_776_000
#: What becomes of ten members in a row: most are mailed.
_STATUSES = (0, 0, 0, -16, 0, -32, 0, -16, 0, 0)


@dataclass(eq=False, slots=True)
class CountingSite:
    """A site of *size* members, which takes up to *slowest* seconds for a call.

    It spoils a share of the calls and of the connections.
    """

    size: int
    honours_keys: bool
    chance: Random
    slowest: float
    spoilt: float = 0
    server: GroupServer = field(init=False)
    to_mail: frozenset[str] = field(init=False)
    to_skip: frozenset[str] = field(init=False)
    #: The calls and connections that were spoilt, as they came.
    faults: list[Fault] = field(default_factory=list, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)
    # Each has a lot of its own, drawn once a time: how many there are depends on no thread.
    _deaths: Iterator[Fault | None] = field(init=False)
    _births: Iterator[Fault | None] = field(init=False)

    def __post_init__(self) -> None:
        self._deaths = self._drawn(HTTP1)
        self._births = self._drawn(STILLBIRTHS)
        numbers = range(self.size)
        statuses = {f"u{number}": _STATUSES[number % len(_STATUSES)] for number in numbers}
        self.to_mail = frozenset(member for member, status in statuses.items() if status == 0)
        self.to_skip = frozenset(statuses) - self.to_mail
        self.server = GroupServer(
            members=list(statuses),
            names=dict.fromkeys(statuses, "Jane Smith"),
            answers={member: statuses[member] for member in self.to_skip},
            keys=_LIFETIME if self.honours_keys else None,
        )
        self.server.on_send = self._behave
        if self.spoilt:
            self.server.on_connection = self._bear

    @property
    def url(self) -> str:
        """The root of the site."""
        return self.server.url

    @property
    def mailed(self) -> Counter[str]:
        """How many mails each member got."""
        return self.server.mailed

    def progress(self) -> int:
        """Return how many requests there were."""
        return len(self.server.requests)

    def _behave(self, _asked: Request) -> Behaviour:
        return self._noted(self._deaths) or delayed(self.chance.uniform(0, self.slowest))

    def _bear(self, _nothing: Request) -> Behaviour | None:
        return self._noted(self._births)

    def _noted(self, drawn: Iterator[Fault | None]) -> Fault | None:
        with self._lock:
            fault = next(drawn)
            if fault is not None:
                self.faults.append(fault)
        return fault

    def _drawn(self, ways: Sequence[Fault]) -> Iterator[Fault | None]:
        lot = Random(self.chance.random())
        for fault in cycle(lot.sample(ways, len(ways))):
            while lot.random() >= self.spoilt:
                yield None
            yield fault
