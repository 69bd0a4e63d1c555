# SPDX-License-Identifier: MIT
"""The number of calls that a site can use at once, measured by trials: see decision 0011."""

import math
from collections.abc import Iterable
from typing import Final

from gs.profile.status.send.run.model import CallSignal, TimedCall

from .ceiling import Ceiling
from .comparison import Comparison, Window

#: The most calls in flight. By default web servers accept a few hundred connections (Apache 150
#: to 400, nginx 512), a process has 1,024 files, and this sender keeps about 64 calls busy.
MAX_IN_FLIGHT: Final = 256

# Answers that a decision needs at least: at one answer a second they take a few seconds.
_MIN_ANSWERS: Final = 4
# Rounds that a decision needs at least: the first may be better than the rest. A round is one
# answer for each call in flight.
_MIN_ROUNDS: Final = 2
# Answers for each unit of variance: with so many, the mean is known to a third.
_ANSWERS_PER_VARIANCE: Final = 8.0
# A trial whose result is not significant ends after so many rounds, or answers if a round is
# short, times the variance if that is above 1. It is then decided by what is more likely. The next
# trial corrects a wrong decision.
_MAX_ROUNDS: Final = 16
_MAX_ANSWERS: Final = 24

# The share by which a trial changes the number in flight: double at first, as in the slow start
# of TCP; at least an eighth, which a trial of _MAX_ROUNDS can distinguish from noise.
_LARGEST_STEP: Final = 1.0
_SMALLEST_STEP: Final = 1 / 8
# With steps of at least this size the search has just begun, and needs less evidence.
_SEARCH_STEP: Final = 1 / 2
# A trial with fewer calls goes down by at most this share: a deeper fall raises an alarm.
_LARGEST_STEP_DOWN: Final = 1 / 4
# A few calls in flight are doubled even with small steps: to distinguish 2 from 4 takes fewer
# answers than to distinguish 2 from 3.
_DOUBLED_UP_TO: Final = 2

# Answers between two trials, for each answer in a trial: in six sevenths of the time, other users
# of the site wait no longer than they have to.
_REST: Final = 6.0
# The baseline weighs as much as so many rounds, so that it follows a mixture of members that
# changes.
_BASELINE_ROUNDS: Final = 64

# After an alarm the number in flight is divided by at most this, until a trial has shown what the
# site can bear.
_DEEPEST_CUT: Final = 8
# The share that remains after a refusal (RFC 9438, section 4.6).
_AFTER_REFUSAL: Final = 0.7

# If less than this share of the limit is in use, something else limits the sender, and answers
# do not depend on the limit (RFC 7661).
_IN_USE: Final = 0.75


class AdaptiveLimit:
    """A :class:`~gs.profile.status.send.run.pace.ConcurrencyLimit` from 1 to *maximum*.

    It has a base, and measures the latency there: the baseline. Then it tries more calls in
    flight, or fewer, compares the latency with the baseline, and either moves the base there or
    returns.
    """

    def __init__(self, maximum: int = MAX_IN_FLIGHT) -> None:
        self._maximum = maximum
        self._jobs = self._base = 1
        self._ceiling = Ceiling()
        self._baseline = Window(1)
        self._window = Window(1)  # of the present number in flight
        self._draining: Window | None = None  # calls from before an alarm
        self._in_trial = False
        self._upwards = True
        self._step = _LARGEST_STEP
        self._variance = 0.0
        self._alarmed = False
        self._rest = self._last_rest = 0.0  # in answers
        self._trial_answers = 0.0
        self._unused = 0  # of these, the answers that came while the limit was not in use
        self._remaining = 0  # calls in flight after the last answers
        self._skip = 1  # answers to ignore: the first one has a new connection
        self._settled_at = self._cut_at = -math.inf

    @property
    def jobs(self) -> int:
        """How many calls may be in flight now."""
        return self._jobs

    def ended(self, attempts: Iterable[TimedCall], in_flight: int, now: float) -> None:
        """Learn from *attempts* that ended at *now*; *in_flight* is how many calls there were."""
        count, total, squares, minimum = 0, 0.0, 0.0, math.inf
        refused, new_trouble = 0, False
        for attempt in attempts:
            seconds = attempt.seconds
            if attempt.signal is CallSignal.ANSWER:
                count += 1
                total += seconds
                squares += seconds * seconds
                minimum = min(minimum, seconds)
            else:
                refused += attempt.signal is CallSignal.REFUSED
                # A call that began before the last cut shows the trouble that caused the cut.
                new_trouble = new_trouble or now - seconds >= self._cut_at
        self._trial_answers += count
        if new_trouble:
            self._cut(in_flight, now)
        if refused:
            self._ceiling.lower(refused - new_trouble, self._base)
        elif count and not new_trouble and self._is_in_use(count, in_flight, now):
            self._remaining = in_flight - count
            self._add(count, total, squares, minimum, now)

    def _is_in_use(self, count: int, in_flight: int, now: float) -> bool:
        if in_flight >= self._jobs * _IN_USE:
            return True
        self._unused += count
        if self._in_trial and self._unused > _MIN_ANSWERS * self._jobs:
            self._return_to_base(now)
        return False

    def _add(self, count: int, total: float, squares: float, minimum: float, now: float) -> None:
        if self._skip > 0 or now < self._settled_at:
            if self._draining and self._skip > 0:
                self._draining.add(count, total, squares, minimum)
            self._skip -= count
            return
        self._window.add(count, total, squares, minimum)
        if self._in_trial:
            self._evaluate_trial(now)
        elif self._baseline.count < self._sufficient():
            self._update_baseline(now)
        elif self._window.count >= max(_MIN_ANSWERS, self._jobs):
            self._compare_with_baseline(now)

    def _sufficient(self) -> float:
        return max(_MIN_ANSWERS, _ANSWERS_PER_VARIANCE * self._variance)

    # At the base.

    def _compare_with_baseline(self, now: float) -> None:
        window = self._window
        comparison = Comparison.of(window, self._baseline, self._variance)
        needed = min(_ANSWERS_PER_VARIANCE * self._variance, _BASELINE_ROUNDS * self._jobs)
        if comparison.slower and self._jobs > 1:
            self._raise_alarm(comparison.ratio, now)
        elif window.count >= needed:
            if comparison.faster:
                self._restart_baseline()
            self._update_baseline(now)

    def _raise_alarm(self, ratio: float, now: float) -> None:
        self._alarmed = True
        self._baseline = self._window
        self._step = _LARGEST_STEP
        self._try(max(1, self._jobs // _DEEPEST_CUT, int(self._jobs / ratio)), now)
        # The calls in flight belong to the baseline too: they are its slower part.
        self._draining = self._baseline

    def _restart_baseline(self) -> None:
        self._baseline = Window(self._base)
        self._rest, self._upwards = 0.0, True

    def _update_baseline(self, now: float) -> None:
        self._baseline.merge(self._window)
        self._baseline.limit_weight(_BASELINE_ROUNDS * (1 + self._jobs))
        self._variance = max(self._baseline.variance, self._variance * 0.9)
        self._rest -= self._window.count
        self._window = Window(self._jobs)
        if self._rest <= 0 and self._baseline.count >= self._sufficient():
            self._begin_trial(now)

    # In a trial.

    def _begin_trial(self, now: float) -> None:
        if self._upwards:
            width = max(math.ceil(self._base * self._step), min(self._base, _DOUBLED_UP_TO))
            wanted = min(self._maximum, self._base + width)
            target = self._ceiling.below(self._base, wanted, now)
        else:
            down = math.ceil(self._base * min(self._step, _LARGEST_STEP_DOWN))
            target = max(1, self._base - down)
        self._upwards = not self._upwards
        if target == self._base:
            self._rest = self._last_rest
        else:
            self._try(target, now)

    def _try(self, jobs: int, now: float) -> None:
        self._in_trial = True
        self._trial_answers, self._unused = 0.0, 0
        self._set(jobs, now)

    def _set(self, jobs: int, now: float) -> None:
        self._skip = max(self._remaining, jobs)
        self._settled_at = now + self._baseline.settling_time
        self._jobs = jobs
        self._window, self._draining = Window(jobs), None

    def _evaluate_trial(self, now: float) -> None:
        window, baseline = self._window, self._baseline
        if window.count < max(min(self._sufficient(), baseline.count), _MIN_ROUNDS * window.jobs):
            return
        comparison = Comparison.of(window, baseline, self._variance)
        variance = 1.0 if self._alarmed else max(1.0, self._variance)
        most = max(_MAX_ANSWERS, _MAX_ROUNDS * window.jobs) * variance
        decided = comparison.significant or window.count >= min(most, 4 * baseline.count)
        searching = self._jobs > self._base and self._step >= _SEARCH_STEP
        if comparison.contradictory:
            self._return_to_base(now)
            self._restart_baseline()
        elif comparison.better and (decided or searching):
            self._move_base(now)
        elif decided:
            known = baseline.count >= _BASELINE_ROUNDS * self._base / 2
            self._return_to_base(now, sure=comparison.significant or known)

    def _move_base(self, now: float) -> None:
        self._ceiling.passed(self._jobs)
        self._upwards = self._alarmed or self._jobs > self._base
        self._step = min(_LARGEST_STEP, self._step * 2)
        self._alarmed = False
        self._base, self._baseline, self._in_trial = self._jobs, self._window, False
        self._variance = max(self._variance, self._baseline.variance)
        self._begin_trial(now)

    def _return_to_base(self, now: float, *, sure: bool = True) -> None:
        searching = self._step >= _SEARCH_STEP or not sure
        self._rest = self._last_rest = self._trial_answers * (1 if searching else _REST)
        self._step = max(_SMALLEST_STEP, self._step / 2)
        self._alarmed = self._in_trial = False
        self._set(self._base, now)

    # After a refusal or a loss.

    def _cut(self, in_flight: int, now: float) -> None:
        self._ceiling.refused(in_flight, now)
        if not (self._in_trial and self._base < in_flight):  # else the base is not too high
            self._base = max(1, int(min(self._jobs, in_flight) * _AFTER_REFUSAL))
        self._cut_at, self._remaining = now, in_flight
        self._baseline = Window(self._base)
        self._rest, self._last_rest = 0.0, _MAX_ANSWERS
        self._upwards, self._step = True, _SEARCH_STEP
        self._alarmed = self._in_trial = False
        self._set(self._base, now)
