# SPDX-License-Identifier: MIT
"""One trial of our own site, up to the end: what is in doubt is settled as somebody would."""

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
from .mail_server import TROUBLE, Post
from .real_site import PERIOD, RealSite
from .rounds import Rounds
from .sender import Sender
from .trial import AWAY, Result, Trial, judged, struck

#: Seconds: longer than the sender pauses by itself, shorter than the site asks it to.
_STALL = 2.0
#: Seconds that the site waits for a mail server which may be silent at the end of a letter.
_SILENT = 2


@dataclass(frozen=True, slots=True)
class Ours:
    """Our own site as it is tried: its *database* (a URL; SQLite), where its mail goes, what dies.

    *struck* says what the blows of a trial are dealt to.
    """

    database: str | None = None
    mail: Literal["smtp", "maildir"] = "smtp"
    processes: int = 1
    struck: Literal["site", "mail"] = "site"


def real_site(trial: Trial, folder: Path, chance: Random, ours: Ours) -> Result:
    """Try our own site, and settle what is in doubt in the end; the account is of before that."""
    with ExitStack() as stack:
        final = _SILENT if ours.struck == "mail" else LIMIT
        post = stack.enter_context(Post(final)) if ours.mail == "smtp" else None
        site = stack.enter_context(
            RealSite(folder, trial.members, ours.database, post, ours.processes)
        )
        options = (*trial.options, "--period", PERIOD)
        sender = Sender(site.url, site.config, folder / "ledger", trial.jobs, options)
        rounds = Rounds(sender, site, chance)
        with struck(site, trial, _ways(site, ours, chance), chance) as saboteur:
            rounds.interrupt(trial.kills)
            if trial.blows:
                rounds.persist(_STALL)
        account = rounds.finish()
        # A mail server cannot be asked what became of the letters that a blow has met.
        lost = trial.blows * trial.most if post else 0
        result = judged(account, site, trial, lost, saboteur)
        return replace(result, broke=[*result.broke, *_settled(site, ours, account, rounds)])


def _settled(site: RealSite, ours: Ours, account: Account, rounds: Rounds) -> Iterator[str]:
    # Only who has died is certainly not at work any more; on SQLite nobody says who has.
    stopped = ours.database is None or ours.struck == "mail"
    if stopped:
        site.stop()
    doubts = site.doubts()
    if {doubt.member for doubt in doubts} != account.unknown:
        yield f"{len(doubts)} are in doubt, and {len(account.unknown)} are unknown"
    if doubts or account.unknown:
        site.settle(doubts)
        if stopped:
            site.start()
        again = rounds.finish()
        yield from (f"settled: {broken}" for broken in again.broken_promises(site, 0))
    if site.audited() != site.mailed.total():
        yield f"{site.audited()} audited, {site.mailed.total()} mailed"
    for one in site.served:
        if "Traceback" in one.log:
            yield one.log


def _ways(site: RealSite, ours: Ours, chance: Random) -> Sequence[Callable[[], None]]:
    if ours.struck == "site":
        return [partial(_kill, one.kill, one.start, chance) for one in site.served]
    post = site.post
    assert post is not None
    away = partial(_kill, post.shut, post.open, chance)
    return [away, *(partial(post.trouble, stage, move) for stage, move in TROUBLE)]


def _kill(kill: Callable[[], None], start: Callable[[], None], chance: Random) -> None:
    kill()
    time.sleep(chance.uniform(0, AWAY))
    start()
