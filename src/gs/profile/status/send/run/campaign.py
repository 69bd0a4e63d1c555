# SPDX-License-Identifier: MIT
"""The loop of a run: claim members, send, judge, record and report, until no member waits."""

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

from .judge import judge
from .model import Attempt, Claim, Outcome, Selection, StopCause, Tally
from .pace import Pace
from .ports import Ledger, Reporter, Site
from .stop import StopRules

# Seconds between two calls of the reporter's tick() while the site does not answer.
_TICK: Final = 0.25


@dataclass(slots=True)
class Campaign:
    """One invocation of the program for a run; *clock* returns monotonic seconds."""

    site: Site
    ledger: Ledger
    reporter: Reporter
    pace: Pace
    rules: StopRules
    token: Token
    clock: Callable[[], float]
    selection: Selection = field(default_factory=Selection)
    _waiting: int = 0
    _in_flight: int = 0
    _queue_empty: bool = False
    _stop_reported: bool = False
    _unrecorded: list[Outcome] = field(default_factory=list)

    def run(self) -> Tally:
        """Send to all members, and return the counts of the ledger, whatever ended the run."""
        began = self.clock()
        self.ledger.recover()
        self._enrol()
        with self.rules.stop.waiting_for_answers(), suppress(StoppedAtOnceError):
            self._send()
        self.ledger.recover()
        tally = self.ledger.tally(self.selection.only)
        self.reporter.finished(tally, self.clock() - began)
        return tally

    def _enrol(self) -> None:
        removed = self._store_list()
        while removed is None:
            while self.clock() < self.rules.backoff.until:
                self.site.attempts(min(_TICK, self.rules.backoff.until - self.clock()))
                self.reporter.tick()
            removed = self._store_list()
        self._waiting = self.ledger.queue(self.selection, self.site.key_lifetime)
        self.reporter.retrieved(self.rules.allowed(self._waiting), removed)

    def _store_list(self) -> int | None:
        """Store the list; return how many members were removed, ``None`` to try again."""
        self.reporter.retrieving()
        try:
            return self.ledger.enrol(self.site.members())
        except UntrustedCertificateError:
            raise
        except BusyError as error:
            cause, retry_after = StopCause.BUSY, error.retry_after
            if not self.rules.after_list_failed(self.clock(), retry_after):
                raise
        except UnreachableError:
            cause = StopCause.UNREACHABLE
            if not self.rules.after_list_failed(self.clock()):
                raise
        self.reporter.pausing(cause, self.rules.backoff.until - self.clock())
        return None

    def _send(self) -> None:
        try:
            self._exchange([])
            while self._in_flight or (self._waiting and not self.rules.stop.cause):
                self._exchange(self.site.attempts(self._timeout()))
                self.reporter.tick()
                self.rules.stop.check()
                self._report_stop()
        except LedgerError as error:
            raise self._with_unrecorded(error) from error

    def _report_stop(self) -> None:
        cause = self.rules.stop.cause
        if cause and not self._stop_reported:
            self._stop_reported = True
            self.reporter.stopping(cause, self._in_flight)

    def _exchange(self, attempts: Sequence[Attempt]) -> None:
        # Record verdicts and claim members in one commit: it costs as much as several calls.
        outcomes = self._judge(attempts)
        turns = self._turns()
        if turns:
            claims = self.ledger.claim(turns, self._unrecorded)
        elif outcomes:
            self.ledger.record(self._unrecorded)
            claims = []
        else:
            return
        self._unrecorded.clear()
        if outcomes:
            self.reporter.recorded(outcomes)
        if turns:
            self._begin(claims)

    def _judge(self, attempts: Sequence[Attempt]) -> list[Outcome]:
        outcomes = [judge(attempt, self.token) for attempt in attempts]
        if outcomes:
            self._queue_empty = False
            self._unrecorded += outcomes
            self.pace.ended(attempts, outcomes, self._in_flight, self.clock())
            self._in_flight -= len(attempts)
            for outcome in outcomes:
                self._apply(outcome)
        return outcomes

    def _apply(self, outcome: Outcome) -> None:
        self._waiting += outcome.again
        now, until = self.clock(), self.rules.backoff.until
        stopped = self.rules.after_outcome(outcome, now)
        if not stopped and self.rules.backoff.until > until:
            reason = outcome.cause or StopCause.NO_ANSWER
            self.reporter.pausing(reason, self.rules.backoff.until - now)

    def _turns(self) -> int:
        if not self.rules.before_claim(self._waiting, self._in_flight):
            return 0
        turns = self.pace.turns(self.clock(), self._in_flight)
        return min(turns, self.rules.allowed(self._waiting))

    def _begin(self, claims: Sequence[Claim]) -> None:
        self._queue_empty = not claims
        if self._queue_empty and not self._in_flight:
            self._waiting = 0  # it is not safe any more to repeat the remaining calls
        self._waiting -= len(claims)
        self._in_flight += len(claims)
        self.rules.claimed(len(claims))
        for claim in claims:
            self.site.begin(claim)
        self.pace.begun(len(claims), self.clock())
        self.reporter.claimed(claims)

    def _timeout(self) -> float:
        rest = self.pace.rest(self.clock(), self._in_flight)
        idle = self.rules.stop.cause or not self.rules.allowed(self._waiting) or self._queue_empty
        return _TICK if rest is None or idle else min(rest, _TICK)

    def _with_unrecorded(self, error: LedgerError) -> LedgerError:
        """Wait for the answers in flight, try to record them, and add to *error* those that fail.

        *error* is that of a ledger that failed in the middle of the run.
        """
        with suppress(StoppedAtOnceError):
            while self._in_flight:
                attempts = self.site.attempts(_TICK)
                self._in_flight -= len(attempts)
                self._unrecorded += [judge(attempt, self.token) for attempt in attempts]
                self.rules.stop.check()
        with suppress(LedgerError):
            self.ledger.record(self._unrecorded)
            self._unrecorded.clear()
        if not self._unrecorded:
            return error
        members = [f"{printable(each.member)} ({each.verdict})" for each in self._unrecorded]
        counted = "Answered but not recorded; the next run of the command counts them as unknown"
        return type(error)(f"{error}\n{counted}: {', '.join(members)}")
