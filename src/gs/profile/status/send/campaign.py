# SPDX-License-Identifier: MIT
"""The heart of a run: claim, send, judge, settle, report, until nobody waits."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from .errors import LeaveAtOnceError
from .judge import judge
from .model import Attempt, Outcome, Tally, Verdict
from .pace import Pace
from .ports import Ledger, Reporter, Site
from .stop import Breaker, Stop
from .token import Token

# Seconds: how often a reporter can move its clock while a slow site thinks.
_TICK: Final = 0.25


@dataclass(slots=True)
class Campaign:
    """One run over all members; *clock* returns monotonic seconds."""

    site: Site
    ledger: Ledger
    reporter: Reporter
    pace: Pace
    stop: Stop
    breaker: Breaker
    token: Token
    clock: Callable[[], float]
    _waiting: int = 0
    _in_flight: int = 0
    _told: bool = False

    def run(self) -> Tally:
        """Send to everybody, and return the counts; whatever ends it, they are the truth."""
        began = self.clock()
        self._enrol()
        with self.stop.finishing_what_is_in_flight(), suppress(LeaveAtOnceError):
            while self._in_flight or (self._waiting and not self.stop.cause):
                self._turn()
        self.ledger.recover()
        tally = self.ledger.tally()
        self.reporter.finished(tally, self.clock() - began)
        return tally

    def _enrol(self) -> None:
        self.reporter.retrieving()
        self._waiting = self.ledger.enrol(self.site.members())
        self.reporter.retrieved(self._waiting)

    def _turn(self) -> None:
        self._begin()
        attempts = self.site.attempts(self._patience())
        if attempts:
            self._settle(attempts)
        self.reporter.tick()
        self.stop.check()
        if self.stop.cause and not self._told:
            self._told = True
            self.reporter.stopping(self.stop.cause, self._in_flight)

    def _begin(self) -> None:
        turns = 0 if self.stop.cause else self.pace.turns(self.clock(), self._in_flight)
        if turns <= 0 or not self._waiting:
            return
        claims = self.ledger.claim(turns)
        self._waiting -= len(claims)
        self._in_flight += len(claims)
        self.reporter.claimed(claims)
        for claim in claims:
            self.site.begin(claim)

    def _patience(self) -> float:
        rest = self.pace.rest(self.clock())
        return min(rest, _TICK) if rest else _TICK

    def _settle(self, attempts: Sequence[Attempt]) -> None:
        outcomes = [judge(attempt, self.token) for attempt in attempts]
        self._in_flight -= len(outcomes)
        self.ledger.settle(outcomes)
        self.pace.settled(outcomes, self.clock())
        self.reporter.settled(outcomes)
        for outcome in outcomes:
            self._weigh(outcome)

    def _weigh(self, outcome: Outcome) -> None:
        self._waiting += outcome.verdict is Verdict.WAITING
        cause = self.breaker.cause(outcome)
        if cause:
            self.stop.request(cause)
