# SPDX-License-Identifier: MIT
"""Fakes of the ports: a site without a network, a clock that the test sets, a reporter."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gs.profile.status.hooks import write_reply
from gs.profile.status.send.run.model import (
    Answer,
    Attempt,
    Claim,
    MemberId,
    NoAnswer,
    Outcome,
    StopCause,
    Tally,
)

SENT = Answer(200, write_reply(0, "Sent the monthly profile-status notification to Jane (u)"))


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeSite:
    """A fake of the site: *ends* has the result of each member's call, by default SENT.

    A call takes *seconds*; *on_begin* is called with each claim, *on_wait* when it has waited;
    *posts* has the claims in order.
    """

    def __init__(
        self,
        members: Sequence[str],
        ends: Mapping[str, Answer | NoAnswer] = {},
        clock: Clock | None = None,
        seconds: float = 0.0,
        error: Exception | None = None,
        key_lifetime: int = 0,
        on_begin: Callable[[Claim], object] = lambda _: None,
        on_wait: Callable[[], object] = lambda: None,
    ) -> None:
        self._members = members
        self._ends = ends
        self._clock = clock or Clock()
        self._seconds = seconds
        self.error = error
        self.key_lifetime = key_lifetime
        self.on_begin = on_begin
        self.on_wait = on_wait
        self._calls: list[tuple[float, Claim]] = []
        self.posts: list[tuple[float, str]] = []
        self.most_in_flight = 0

    def members(self) -> Iterator[MemberId]:
        yield from map(MemberId, self._members)
        if self.error:
            raise self.error

    def begin(self, claim: Claim) -> None:
        self.posts.append((self._clock.now, claim.member))
        self._calls.append((self._clock.now + self._seconds, claim))
        self.most_in_flight = max(self.most_in_flight, len(self._calls))
        self.on_begin(claim)

    def attempts(self, timeout: float) -> list[Attempt]:
        until = min([self._clock.now + timeout, *(end for end, _ in self._calls)])
        self._clock.now = max(self._clock.now, until)
        self.on_wait()
        ended = [claim for end, claim in self._calls if end <= self._clock.now]
        self._calls = [(end, claim) for end, claim in self._calls if end > self._clock.now]
        return [Attempt(claim, self._ends.get(claim.member, SENT)) for claim in ended]


class RecordingReporter:
    """A fake of the reporter, which records its calls as *events*."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []

    def retrieving(self) -> None:
        self.events.append(("retrieving",))

    def retrieved(self, waiting: int, removed: int) -> None:
        self.events.append(("retrieved", waiting, removed))

    def claimed(self, claims: Sequence[Claim]) -> None:
        self.events += [("claimed", claim.member) for claim in claims]

    def recorded(self, outcomes: Sequence[Outcome]) -> None:
        self.events += [("recorded", outcome.member, outcome.verdict) for outcome in outcomes]

    def pausing(self, cause: StopCause, seconds: float) -> None:
        self.events.append(("pausing", cause, seconds))

    def tick(self) -> None:
        pass

    def stopping(self, cause: StopCause, in_flight: int) -> None:
        self.events.append(("stopping", cause, in_flight))

    def finished(self, tally: Tally, seconds: float) -> None:
        self.events.append(("finished", tally, seconds))
