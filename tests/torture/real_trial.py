# SPDX-License-Identifier: MIT
"""One trial of the real site, including the doubts, which it resolves as an operator does."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Literal

from limits import LIMIT

from .account import Account
from .mail_server import MAIL_FAULTS, RestartableMailServer
from .real_site import PERIOD, RealSite
from .rounds import Rounds
from .sender import Sender
from .trial import AWAY, Result, Trial, disrupted, result_of

#: Seconds, longer than the sender pauses by itself, shorter than a Retry-After of the site.
_STALL = 2.0
#: Seconds that the site waits for the final reply of a silent mail server.
_SILENT = 2


@dataclass(frozen=True, slots=True)
class SiteSetup:
    """How the real site is set up: *database* (a URL or None for SQLite), *mail*, *processes*.

    *disrupted* names what the disruptions of a trial hit.
    """

    database: str | None = None
    mail: Literal["smtp", "maildir"] = "smtp"
    processes: int = 1
    disrupted: Literal["site", "mail"] = "site"


def real_site(trial: Trial, folder: Path, chance: Random, setup: SiteSetup) -> Result:
    """Run a trial of the real site and resolve its doubts; the account is from before that."""
    with ExitStack() as stack:
        final = _SILENT if setup.disrupted == "mail" else LIMIT
        mail_server = (
            stack.enter_context(RestartableMailServer(final)) if setup.mail == "smtp" else None
        )
        site = stack.enter_context(
            RealSite(folder, trial.members, setup.database, mail_server, setup.processes)
        )
        options = (*trial.options, "--period", PERIOD)
        sender = Sender(site.url, site.config, folder / "ledger", trial.jobs, options)
        rounds = Rounds(sender, site, chance)
        with disrupted(site, trial, _disruptions(site, setup, chance), chance) as disruptor:
            rounds.interrupt(trial.kills)
            if trial.disruptions:
                rounds.persist(_STALL)
        account = rounds.finish()
        # A mail server has no record for the site, so each disruption may leave calls in doubt.
        lost = trial.disruptions * trial.most if mail_server else 0
        result = result_of(account, site, trial, lost, disruptor)
        return replace(result, broke=[*result.broke, *_resolved(site, setup, account, rounds)])


def _resolved(site: RealSite, setup: SiteSetup, account: Account, rounds: Rounds) -> Iterator[str]:
    # Only calls of dead processes can be resolved; with SQLite the site must be stopped for that.
    stopped = setup.database is None or setup.disrupted == "mail"
    if stopped:
        site.stop()
    doubts = site.doubts()
    if {doubt.member for doubt in doubts} != account.unknown:
        yield f"{len(doubts)} are in doubt, and {len(account.unknown)} are unknown"
    if doubts or account.unknown:
        site.resolve(doubts)
        if stopped:
            site.start()
        again = rounds.finish()
        yield from (f"after resolving: {broken}" for broken in again.broken_promises(site, 0))
    if site.audited() != site.mailed.total():
        yield f"{site.audited()} audited, {site.mailed.total()} mailed"
    for one in site.running:
        if "Traceback" in one.log:
            yield one.log


def _disruptions(site: RealSite, setup: SiteSetup, chance: Random) -> Sequence[Callable[[], None]]:
    if setup.disrupted == "site":
        return [partial(_kill, one.kill, one.start, chance) for one in site.running]
    mail_server = site.mail_server
    assert mail_server is not None
    restart = partial(_kill, mail_server.shut, mail_server.open, chance)
    return [restart, *(partial(mail_server.fail_once, stage, move) for stage, move in MAIL_FAULTS)]


def _kill(kill: Callable[[], None], start: Callable[[], None], chance: Random) -> None:
    kill()
    time.sleep(chance.uniform(0, AWAY))
    start()
