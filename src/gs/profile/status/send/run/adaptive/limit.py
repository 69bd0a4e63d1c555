# SPDX-License-Identifier: MIT
"""How many calls a site can use at once, found by trying more and less: decision 0011 has why."""

import math
from collections.abc import Iterable
from typing import Final

from gs.profile.status.send.run.model import CallSignal, TimedCall

from .ceiling import Ceiling
from .comparison import Comparison, Window

#: The most in flight. Web servers, as they come, hold a few hundred connections (Apache 150 to
#: 400, nginx 512), a process has 1,024 files, and this sender keeps no more than about 64 busy.
MOST: Final = 256

# A decision takes this many answers: at one a second, a few seconds...
_FEWEST: Final = 4
# ... two rounds, as the first may be better than the rest...
_ROUNDS: Final = 2
# ... and this many times the spread: then the mean is known to a third.
_KNOWN: Final = 8.0
# A trial that is not clear after so many rounds, or answers where a round is short, times the
# spread if that is above 1, goes by what is likelier. The next one will show.
_MOST_ROUNDS: Final = 16
_MANY: Final = 24

# The share by which a trial goes up, or down: double at first, as TCP's slow start; never less
# than the eighth that a trial of _MOST_ROUNDS can still tell from noise.
_DOUBLE: Final = 1.0
_LEAST_STEP: Final = 1 / 8
# With steps from this, it is still looking, and takes more for granted.
_STRIDE: Final = 1 / 2
# Down it goes by no more than this at once: what falls deeper raises an alarm.
_LARGEST_STEP_DOWN: Final = 1 / 4
# A few in flight are doubled even in small steps: 2 and 4 are sooner told apart than 2 and 3.
_WIDE: Final = 2

# Answers between two trials, for each one in a trial: other people's wait is as it should be for
# six sevenths of the time.
_REST: Final = 6.0
# What is known weighs as much as so many rounds; a mixture of members that changes is followed.
_MEMORY: Final = 64

# A site that has slowed down is called so many times less at most, until it is clear what it
# can bear.
_DEEPEST: Final = 8
# What a refusal leaves (RFC 9438, section 4.6).
_CUT: Final = 0.7

# With less of the limit in use, something else limits the sender, and answers tell nothing of
# the limit (RFC 7661).
_USED: Final = 0.75


class AdaptiveLimit:
    """Fulfils :class:`~gs.profile.status.send.run.pace.Limit`: starts at 1, is never above *most*.

    It rests *at home* and learns how long answers take there; goes on a trial with more in
    flight, then one with less; compares; and moves or goes home.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._jobs = self._home = 1
        self._ceiling = Ceiling()
        self._known = Window(1)  # of home
        self._window = Window(1)  # of now
        self._drained: Window | None = None
        self._trying = False
        self._upwards = True
        self._step = _DOUBLE
        self._spread = 0.0
        self._alarmed = False
        self._rest = self._last_rest = 0.0  # in answers
        self._trial = 0.0  # answers since it began
        self._unused = 0  # of these, those that came while the limit was not used
        self._left = 0  # in flight, when the last answers had come
        self._skip = 1  # answers: the first is of a new connection
        self._settled_at = self._cut_at = -math.inf

    @property
    def jobs(self) -> int:
        """How many may be in flight now."""
        return self._jobs

    def ended(self, attempts: Iterable[TimedCall], in_flight: int, now: float) -> None:
        """Learn from *attempts* that ended at *now*, while *in_flight* were, these included."""
        count, total, squares, least = 0, 0.0, 0.0, math.inf
        refused, fresh = 0, False
        for attempt in attempts:
            seconds = attempt.seconds
            if attempt.sign is CallSignal.ANSWER:
                count += 1
                total += seconds
                squares += seconds * seconds
                least = min(least, seconds)
            else:
                refused += attempt.sign is CallSignal.REFUSED
                # What left before the last cut is of the trouble that was cut for.
                fresh = fresh or now - seconds >= self._cut_at
        self._trial += count
        if fresh:
            self._cut(in_flight, now)
        if refused:
            self._ceiling.lower(refused - fresh, self._home)
        elif count and not fresh and self._in_use(count, in_flight, now):
            self._left = in_flight - count
            self._take(count, total, squares, least, now)

    def _take(self, count: int, total: float, squares: float, least: float, now: float) -> None:
        if self._skip > 0 or now < self._settled_at:
            if self._drained and self._skip > 0:
                self._drained.add(count, total, squares, least)
            self._skip -= count
            return
        self._window.add(count, total, squares, least)
        if self._trying:
            self._weigh(now)
        else:
            self._watch(now)

    def _in_use(self, count: int, in_flight: int, now: float) -> bool:
        if in_flight >= self._jobs * _USED:
            return True
        self._unused += count
        if self._trying and self._unused > _FEWEST * self._jobs:
            self._go_home(now)
        return False

    # At home.

    def _watch(self, now: float) -> None:
        if self._known.count < self._sufficient():
            self._learn(now)
        elif self._window.count >= max(_FEWEST, self._jobs):
            self._compare(now)

    def _sufficient(self) -> float:
        return max(_FEWEST, _KNOWN * self._spread)

    def _compare(self, now: float) -> None:
        window = self._window
        found = Comparison.of(window, self._known, self._spread)
        if found.slower and self._jobs > 1:
            self._raise_alarm(found.ratio, now)
        elif window.count >= min(_KNOWN * self._spread, _MEMORY * self._jobs):
            if found.faster:
                self._forget()
            self._learn(now)

    def _raise_alarm(self, ratio: float, now: float) -> None:
        self._alarmed = True
        self._known = self._window
        self._step = _DOUBLE
        self._try(max(1, self._jobs // _DEEPEST, int(self._jobs / ratio)), now)
        # Those still on their way tell, too, how slow it is with so many: the slower part.
        self._drained = self._known

    def _forget(self) -> None:
        self._known = Window(self._home)
        self._rest, self._upwards = 0.0, True

    def _learn(self, now: float) -> None:
        self._known.merge(self._window)
        self._known.forget(_MEMORY * (1 + self._jobs))
        self._spread = max(self._known.spread, self._spread * 0.9)
        self._rest -= self._window.count
        self._window = Window(self._jobs)
        if self._rest <= 0 and self._known.count >= self._sufficient():
            self._go(now)

    # On trial.

    def _go(self, now: float) -> None:
        target = self._above(now) if self._upwards else self._below()
        self._upwards = not self._upwards
        if target == self._home:
            self._rest = self._last_rest
        else:
            self._try(target, now)

    def _above(self, now: float) -> int:
        width = max(math.ceil(self._home * self._step), min(self._home, _WIDE))
        return self._ceiling.below(self._home, min(self._most, self._home + width), now)

    def _below(self) -> int:
        return max(1, self._home - math.ceil(self._home * min(self._step, _LARGEST_STEP_DOWN)))

    def _try(self, target: int, now: float) -> None:
        self._trying = True
        self._trial, self._unused = 0.0, 0
        self._set(target, now)

    def _set(self, jobs: int, now: float) -> None:
        self._skip = max(self._left, jobs)
        self._settled_at = now + self._known.settling
        self._jobs = jobs
        self._window, self._drained = Window(jobs), None

    def _weigh(self, now: float) -> None:
        window, known = self._window, self._known
        if window.count < max(min(self._sufficient(), known.count), _ROUNDS * window.level):
            return
        found = Comparison.of(window, known, self._spread)
        many = max(_MANY, _MOST_ROUNDS * window.level) * (
            1.0 if self._alarmed else max(1.0, self._spread)
        )
        many = min(many, 4 * known.count)
        decided = found.clear or window.count >= many
        striding = self._jobs > self._home and self._step >= _STRIDE
        if found.contradictory:
            self._go_home(now)
            self._forget()
        elif found.better and (decided or striding):
            self._move(now)
        elif decided:
            self._go_home(now, sure=found.clear or known.count >= _MEMORY * self._home / 2)

    def _move(self, now: float) -> None:
        self._ceiling.passed(self._jobs)
        self._upwards = self._alarmed or self._jobs > self._home
        self._step = min(_DOUBLE, self._step * 2)
        self._alarmed = False
        self._home, self._known, self._trying = self._jobs, self._window, False
        self._spread = max(self._spread, self._known.spread)
        self._go(now)

    def _go_home(self, now: float, *, sure: bool = True) -> None:
        looking = self._step >= _STRIDE or not sure
        self._rest = self._last_rest = self._trial * (1 if looking else _REST)
        self._step = max(_LEAST_STEP, self._step / 2)
        self._alarmed = self._trying = False
        self._set(self._home, now)

    # Refused, or lost.

    def _cut(self, in_flight: int, now: float) -> None:
        self._ceiling.refused(in_flight, now)
        if not (self._trying and self._home < in_flight):  # else home is known to be well
            self._home = max(1, int(min(self._jobs, in_flight) * _CUT))
        self._cut_at, self._left = now, in_flight
        self._known = Window(self._home)
        self._rest, self._last_rest = 0.0, _MANY
        self._upwards, self._step = True, _STRIDE
        self._alarmed = self._trying = False
        self._set(self._home, now)
