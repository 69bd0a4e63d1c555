# SPDX-License-Identifier: MIT
"""What a command line can ask for: to send, to rehearse, to show; here the parts are built."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Final

from .errorvals import EX_OK, code_of_run
from .ledger import runs
from .ledger.opening import make_sure_of, open_ledger, read_ledger
from .version import VERSION

# What only some tasks need is imported by them: to look at a ledger needs no client.
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .client import HttpSite
    from .ledger.file import LedgerFile
    from .model import Run, Tally
    from .pace import Pace
    from .patience import Patience
    from .ports import Account, Ledger, Reporter
    from .report.output import Output
    from .report.screen import Screen
    from .settings import Settings
    from .stop import Stop

_TROUBLES_SHOWN: Final = 5

# Values of TERM; "" for a terminal that nobody has said anything about.
_CAN_DO_NOTHING: Final = ("", "dumb", "unknown")


@dataclass(frozen=True, slots=True)
class Task:
    """What to do, as *settings* say, and where to say what came of it."""

    settings: Settings
    environment: Mapping[str, str]
    stdout: Output
    stderr: Output

    def send(self) -> int:
        """Begin or resume the run, and return the exit code."""
        from .ledger.lock import only_one
        from .stop import Stop

        settings, stop = self.settings, Stop(self._late)
        # The lock before the file: who has to leave is not to wait for who holds the run.
        make_sure_of(settings.ledger)
        with (
            stop.listening(),
            only_one(settings.ledger, settings.site.identity, _now()),
            closing(open_ledger(settings.ledger)) as file,
        ):
            file.check()
            return self._send(file, stop)

    def rehearse(self) -> int:
        """Say who would be sent to, and return the exit code."""
        from .ledger.rehearsing import Rehearsal
        from .report.rehearsal import Count
        from .stop import Stop

        settings, stop, count = self.settings, Stop(), Count(self.settings.limit)
        with stop.listening(), closing(read_ledger(settings.ledger)) as file:
            rehearsal = Rehearsal(file, settings.site.identity, settings.period, time.time())
            with self._site(stop) as site:
                rehearsal.read(site.members())
                lifetime = site.key_lifetime
            found = rehearsal.prospects(settings.choice, lifetime, again=settings.again)
            for line in count.lines(found):
                if settings.verbose and not settings.json:
                    self.stdout.line(line)
            left = rehearsal.left(again=settings.again)
        url, period = str(settings.site), str(settings.period)
        told = count.as_json(url, period, left) if settings.json else count.text(period, left)
        self.stdout.line(told)
        return EX_OK

    def show(self) -> int:
        """Show what is recorded of the site, and return the exit code."""
        from .report.status import status

        settings = self.settings
        with closing(read_ledger(settings.ledger)) as file:
            found = runs.accounts(file, settings.site.identity, time.time)
            if settings.json:
                self._tell_json(list(found))
            else:
                for line in status(found, str(settings.site), str(settings.ledger)):
                    self.stdout.line(line)
        return EX_OK

    def _send(self, file: LedgerFile, stop: Stop) -> int:
        settings = self.settings
        identity, period = settings.site.identity, settings.period
        begun = runs.begin(file, identity, period, time.time, again=settings.again)
        if not begun.resumed:
            self._remind(file)
        with runs.ending(file, begun, time.time, lambda: stop.cause):
            tally = self._campaign(begun, stop)
        self._tell(tally, stop, begun.ledger)
        code = code_of_run(tally, stop.cause)
        if settings.json:
            found = runs.accounts(file, identity, time.time)
            self._tell_json([one for one in found if one.run == begun.run], exit_code=code)
        return code

    def _campaign(self, begun: runs.Begun, stop: Stop) -> Tally:
        import random

        from .campaign import Campaign
        from .patience import Patience
        from .stop import Breaker

        settings = self.settings
        patience = Patience(settings.patience, random.random)
        with self._site(stop, begun.run) as site:
            return Campaign(
                site=site,
                ledger=begun.ledger,
                reporter=self._reporter(begun),
                pace=self._pace(patience),
                patience=patience,
                stop=stop,
                breaker=Breaker(settings.max_unknown, resumed=begun.resumed),
                token=settings.token,
                clock=monotonic,
                choice=settings.choice,
                limit=settings.limit,
            ).run()

    def _pace(self, patience: Patience) -> Pace:
        from .metronome import Metronome
        from .pace import Fixed, Limit, Pace

        settings = self.settings
        metronome = Metronome(settings.rate) if settings.rate else None
        if settings.jobs is None:
            from .adaptive import Adaptive

            limit: Limit = Adaptive()
        else:
            limit = Fixed(settings.jobs)
        return Pace(limit, settings.throttle, patience, metronome)

    def _late(self) -> bool:
        until = self.settings.until
        return until is not None and _now() >= until

    def _remind(self, file: LedgerFile) -> None:
        settings = self.settings
        left = runs.left_behind(file, settings.site.identity, settings.period)
        if left:
            self.stderr.line(
                f"The run of {left} was never finished: not everybody in it is settled. "
                f"See --status; to go on with it, call with --period {left}."
            )

    def _tell(self, tally: Tally, stop: Stop, ledger: Ledger) -> None:
        from .report.summary import Ended, troubles

        only = self.settings.choice.only
        ended = Ended(tally, stop.cause, stop.retry_after, ledger.repeatable(only))
        unsettled = list(ledger.unsettled(_TROUBLES_SHOWN, only))
        counted = self.settings.verbose
        for line in troubles(ended, unsettled, _now(), counted=counted):
            self.stderr.line(line)

    def _tell_json(self, accounts: list[Account], **more: object) -> None:
        from .report.machine import as_json

        settings = self.settings
        text = as_json(accounts, str(settings.site), str(settings.ledger), **more)
        self.stdout.line(text)

    @contextmanager
    def _site(self, stop: Stop, run: Run | None = None) -> Iterator[HttpSite]:
        from .client import HttpSite, Loop, Manner, Trust

        settings = self.settings
        trust = Trust.in_(settings.cacert) if settings.cacert else Trust.in_system()
        manner = Manner(settings.timeout, f"sendprofile/{VERSION}", trust)
        loop = Loop(stop)
        with closing(HttpSite(settings.site, settings.token, manner, loop, run)) as site:
            yield site

    def _reporter(self, begun: runs.Begun) -> Reporter:
        if not self.settings.verbose:
            from .report.silent import Silent

            return Silent(self.stderr)
        from .report.verbose import Verbose

        # Where standard output is for JSON, what is for people goes elsewhere.
        shown = screen(self.stderr if self.settings.json else self.stdout, self.environment)
        if begun.resumed:
            shown.line(f"Resuming the run of {begun.run.period}")
        return Verbose(shown, monotonic)


def screen(output: Output, environment: Mapping[str, str]) -> Screen:
    """Return the best screen that *output* can be."""
    if output.isatty() and environment.get("TERM", "") not in _CAN_DO_NOTHING:
        from .report.terminal import Terminal

        return Terminal(output, environment)
    from .report.screen import Plain

    return Plain(output)


def _now() -> datetime:
    return datetime.now().astimezone()
