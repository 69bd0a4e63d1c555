# SPDX-License-Identifier: MIT
"""The heart of a run: claim, send, judge, settle, report, until nobody waits."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from gs.profile.status.send.errors import (
    BusyError,
    LedgerError,
    StoppedAtOnceError,
    UnreachableError,
    UntrustedCertificateError,
)
from gs.profile.status.send.text import Token, printable

from .backoff import Backoff
from .judge import judge
from .model import Attempt, Claim, Outcome, Selection, StopCause, Tally
from .pace import Pace
from .ports import Ledger, Reporter, Site
from .stop import FailureLimit, Stop

# Seconds: how often a reporter can move its clock while a slow site thinks.
_TICK: Final = 0.25


@dataclass(slots=True)
class Campaign:
    """One call of a run; *clock* returns monotonic seconds, *limit* is how many it sends to."""

    site: Site
    ledger: Ledger
    reporter: Reporter
    pace: Pace
    patience: Backoff
    stop: Stop
    breaker: FailureLimit
    token: Token
    clock: Callable[[], float]
    choice: Selection = field(default_factory=Selection)
    limit: int | None = None
    _left: int = 0
    _waiting: int = 0
    _allowed: int = 0
    _in_flight: int = 0
    _dry: bool = False
    _told: bool = False
    _unrecorded: list[Outcome] = field(default_factory=list)

    def run(self) -> Tally:
        """Send to everybody, and return the counts; whatever ends it, they are the truth."""
        began = self.clock()
        self.ledger.recover()
        self._enrol()
        with self.stop.finishing_what_is_in_flight(), suppress(StoppedAtOnceError):
            self._send()
        self.ledger.recover()
        tally = self.ledger.tally(self.choice.only)
        self.reporter.finished(tally, self.clock() - began)
        return tally

    def _enrol(self) -> None:
        while not self._listed():
            while self.clock() < self.patience.until:
                self.site.attempts(min(_TICK, self.patience.until - self.clock()))
                self.reporter.tick()
        self._waiting = self.ledger.line_up(self.choice, self.site.key_lifetime)
        self._allowed = self._waiting if self.limit is None else self.limit
        self.reporter.retrieved(min(self._waiting, self._allowed), self._left)

    def _listed(self) -> bool:
        self.reporter.retrieving()
        try:
            self._left = self.ledger.enrol(self.site.members())
        except UntrustedCertificateError:
            raise
        except BusyError as error:
            if not self._pause(StopCause.BUSY, error.retry_after):
                raise
        except UnreachableError:
            if not self._pause(StopCause.UNREACHABLE):
                raise
        else:
            return True
        return False

    def _pause(self, cause: StopCause, retry_after: float | None = None) -> bool:
        now = self.clock()
        borne = self.patience.bears(now, retry_after)
        if borne:
            self.reporter.pausing(cause, self.patience.until - now)
        return borne

    def _send(self) -> None:
        try:
            self._exchange([])
            while self._in_flight or (self._waiting and not self.stop.cause):
                self._turn()
        except LedgerError as error:
            raise self._salvaged(error) from error

    def _turn(self) -> None:
        self._exchange(self.site.attempts(self._wait()))
        self.reporter.tick()
        self.stop.check()
        if self.stop.cause and not self._told:
            self._told = True
            self.reporter.stopping(self.stop.cause, self._in_flight)

    def _exchange(self, attempts: Sequence[Attempt]) -> None:
        # Verdicts for claims: in one commit, for a commit costs as much as several calls.
        outcomes = self._judged(attempts)
        turns = self._turns()
        if turns:
            claims = self.ledger.claim(turns, self._unrecorded)
        elif outcomes:
            self.ledger.settle(self._unrecorded)
            claims = []
        else:
            return
        self._unrecorded.clear()
        if outcomes:
            self.reporter.settled(outcomes)
        if turns:
            self._begin(claims)

    def _judged(self, attempts: Sequence[Attempt]) -> list[Outcome]:
        outcomes = [judge(attempt, self.token) for attempt in attempts]
        if outcomes:
            self._dry = False
            self._unrecorded += outcomes
            self.pace.ended(attempts, outcomes, self._in_flight, self.clock())
            self._in_flight -= len(attempts)
            for outcome in outcomes:
                self._weigh(outcome)
        return outcomes

    def _turns(self) -> int:
        if self._waiting and not self._allowed and not self._in_flight:
            self.stop.request(StopCause.LIMIT)
        if self._waiting and self.stop.is_late():
            self.stop.request(StopCause.UNTIL)
        if self.stop.cause or not self._waiting:
            return 0
        return min(self.pace.turns(self.clock(), self._in_flight), self._allowed)

    def _begin(self, claims: Sequence[Claim]) -> None:
        self._dry = not claims
        if self._dry and not self._in_flight:
            self._waiting = 0  # calling again has stopped being safe for those who were left
        self._waiting -= len(claims)
        self._allowed -= len(claims)
        self._in_flight += len(claims)
        for claim in claims:
            self.site.begin(claim)
        self.pace.begun(len(claims), self.clock())
        self.reporter.claimed(claims)

    def _wait(self) -> float:
        rest = self.pace.rest(self.clock(), self._in_flight)
        if rest is None or self.stop.cause or not self._waiting or not self._allowed or self._dry:
            return _TICK
        return min(rest, _TICK)

    def _weigh(self, outcome: Outcome) -> None:
        self._waiting += outcome.again
        self._allowed += outcome.again
        now, until = self.clock(), self.patience.until
        cause = self.breaker.cause(outcome) or self.patience.weigh(outcome, now)
        if cause:
            self.stop.request(cause, outcome.retry_after)
        elif self.patience.until > until:
            reason = outcome.cause or StopCause.NO_ANSWER
            self.reporter.pausing(reason, self.patience.until - now)

    def _salvaged(self, error: LedgerError) -> LedgerError:
        # What to say of a ledger that fails in the middle, after a last try to use it.
        with suppress(StoppedAtOnceError):
            while self._in_flight:
                attempts = self.site.attempts(_TICK)
                self._in_flight -= len(attempts)
                self._unrecorded += [judge(attempt, self.token) for attempt in attempts]
                self.stop.check()
        with suppress(LedgerError):
            self.ledger.settle(self._unrecorded)
            self._unrecorded.clear()
        if not self._unrecorded:
            return error
        told = [f"{printable(each.member)} ({each.verdict})" for each in self._unrecorded]
        counted = "Answered, but not recorded; the next call counts them as unknown"
        return type(error)(f"{error}\n{counted}: {', '.join(told)}")
