# SPDX-License-Identifier: MIT
"""Starts and kills the sender until the kills are used up or the run is complete."""

import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from limits import LIMIT

from .account import Account, count, open_ends
from .sender import Sender
from .target import Target

_LOOK = 0.005
#: Maximal seconds from the chosen request to the kill.
_LATER = 0.02
#: The share of the kills before the first request.
_EARLY = 0.15
#: Seconds for all invocations until no member waits.
_LONGEST = 4 * LIMIT
#: An invocation starts to send within this multiple of the time of a status command.
_START = 3


@dataclass(slots=True)
class Rounds:
    """The rounds of one *sender* against one *site*."""

    sender: Sender
    site: Target
    chance: Random
    kills: int = 0
    #: The number of members with an unknown result, after each killed invocation.
    open_ends: list[int] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    # The shortest time in seconds until the first request.
    _start_up: float = 0.5

    def run(self, kills: int) -> Account:
        """Kill the sender *kills* times, then let it end; return the account."""
        self.interrupt(kills)
        return self.finish()

    def interrupt(self, kills: int) -> None:
        """Kill the sender *kills* times, or until it has nothing to do."""
        left = len(self.site.to_mail | self.site.to_skip)
        while self.kills < kills and left:
            ended = self._one(left, kills - self.kills)
            run = self.sender.status()
            self.open_ends.append(open_ends(run))
            # If killed before the list arrived, the run has no members yet.
            left = self._remaining(run) if run.get("counts") else left
            if ended and not count(run, "waiting"):
                return  # the rest is in doubt, and stays so

    def persist(self, stall: float) -> None:
        """Start the sender until no member waits; kill it when it pauses for *stall* seconds.

        So a test does not wait for the pauses that a stopped mail server causes. On a loaded
        machine the sender also gets time to start.
        """
        deadline = time.monotonic() + _LONGEST
        ended = False
        while time.monotonic() < deadline:
            began = time.monotonic()
            run = self.sender.status()
            if ended and not count(run, "waiting"):
                return
            ended = self._until_stall(stall + _START * (time.monotonic() - began))

    def finish(self) -> Account:
        """Run the sender to its end, and return the account of it all."""
        process = self.sender.start()
        try:
            self.outputs.append(process.communicate(timeout=LIMIT)[0])
        finally:
            process.kill()
            process.communicate()
        run = self.sender.status()
        return Account(self.kills, process.returncode, run, self.open_ends, self.outputs)

    def _until_stall(self, stall: float) -> bool:
        """Start the sender, kill it when it pauses, and return whether it ended by itself."""
        process = self.sender.start()
        try:
            self._await_stall(process, stall)
        finally:
            process.kill()
            self.outputs.append(process.communicate()[0])
        return process.returncode != -signal.SIGKILL

    def _await_stall(self, process: subprocess.Popen[str], stall: float) -> None:
        before, since = self.site.progress(), time.monotonic()
        while process.poll() is None and time.monotonic() - since < stall:
            time.sleep(_LOOK)
            if (now := self.site.progress()) != before:
                before, since = now, time.monotonic()

    def _remaining(self, run: Mapping[str, Any]) -> int:
        again = open_ends(run) if self.site.honours_keys else 0
        return count(run, "waiting") + again

    def _one(self, members: int, kills: int) -> bool:
        """Start it and kill it at a random moment; return whether it ended by itself."""
        process = self.sender.start()
        try:
            self._await_moment(process, members, kills)
        finally:
            process.kill()
            self.outputs.append(process.communicate()[0])
        killed = process.returncode == -signal.SIGKILL
        self.kills += killed
        return not killed

    def _await_moment(self, process: subprocess.Popen[str], members: int, kills: int) -> None:
        """Return at a random moment, in most cases before the sender is done."""
        if self.chance.random() < _EARLY:
            time.sleep(self.chance.uniform(0, 1.5 * self._start_up))
            return
        began, before = time.monotonic(), self.site.progress()
        moment = before + self.chance.randint(1, max(1, 2 * members // (kills + 1)))
        while process.poll() is None and self.site.progress() == before:
            time.sleep(_LOOK)
        # The shortest time, so that a busy machine does not delay the early kills.
        self._start_up = min(self._start_up, time.monotonic() - began)
        while process.poll() is None and self.site.progress() < moment:
            time.sleep(_LOOK)
        time.sleep(self.chance.uniform(0, _LATER))
