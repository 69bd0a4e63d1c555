# SPDX-License-Identifier: MIT
"""The site of the tests, slow enough to be killed during a call, with optional faults."""

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
#: The statuses of ten members in a row: most get a mail.
_STATUSES = (0, 0, 0, -16, 0, -32, 0, -16, 0, 0)


@dataclass(eq=False, slots=True)
class CountingSite:
    """A site of *size* members, which takes up to *slowest* seconds for a call.

    A share of the calls and of the connections gets a fault.
    """

    size: int
    honours_keys: bool
    chance: Random
    slowest: float
    fault_share: float = 0
    server: GroupServer = field(init=False)
    to_mail: frozenset[str] = field(init=False)
    to_skip: frozenset[str] = field(init=False)
    #: The faults, in order.
    faults: list[Fault] = field(default_factory=list, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)
    # Each has its own random sequence, so that the number of faults depends on no thread.
    _faults: Iterator[Fault | None] = field(init=False)
    _early_faults: Iterator[Fault | None] = field(init=False)

    def __post_init__(self) -> None:
        self._faults = self._draws(HTTP1)
        self._early_faults = self._draws(STILLBIRTHS)
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
        self.server.on_send = self._on_send
        if self.fault_share:
            self.server.on_connection = self._on_connection

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

    def _on_send(self, _doubts: Request) -> Behaviour:
        return self._next(self._faults) or delayed(self.chance.uniform(0, self.slowest))

    def _on_connection(self, _nothing: Request) -> Behaviour | None:
        return self._next(self._early_faults)

    def _next(self, drawn: Iterator[Fault | None]) -> Fault | None:
        with self._lock:
            fault = next(drawn)
            if fault is not None:
                self.faults.append(fault)
        return fault

    def _draws(self, ways: Sequence[Fault]) -> Iterator[Fault | None]:
        draws = Random(self.chance.random())
        for fault in cycle(draws.sample(ways, len(ways))):
            while draws.random() >= self.fault_share:
                yield None
            yield fault
