# SPDX-License-Identifier: MIT
"""The sites that the tests of the site may ask for."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from embedded.hamlet import Hamlet, hamlet
from embedded.served import Served, served
from gs.profile.status.hooks import Period
from gs.profile.status.site.activity import Activities
from gs.profile.status.site.app import make_app
from gs.profile.status.site.letter import compose
from gs.profile.status.site.mailer import Maildir
from gs.profile.status.site.notification import Notifier

NOW = datetime(2026, 4, 2, 9, tzinfo=UTC)
MARCH = Period(2026, 3)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Hamlet]:
    """Give a site "s" with a group "g", and nobody in it."""
    with hamlet(tmp_path) as made:
        made.site()
        made.group()
        yield made


@pytest.fixture
def start(town: Hamlet, tmp_path: Path) -> Callable[..., AbstractContextManager[Served]]:
    """Give a function that serves the town, with a mailer and for a period."""

    def made(mailer=None, period=MARCH):
        notifier = Notifier(
            engine=town.engine,
            activities=Activities(town.engine, lambda: 0.0),
            compose=lambda summary: compose(summary, now=NOW),
            mailer=mailer or Maildir(tmp_path / "Maildir"),
            now=lambda: NOW,
        )
        return served(make_app(notifier, lambda: period))

    return made


@pytest.fixture
def site(start: Callable[..., AbstractContextManager[Served]]) -> Iterator[Served]:
    """Give the town, served."""
    with start() as running:
        yield running


@pytest.fixture
def mails(tmp_path: Path) -> Callable[[], list[Path]]:
    """Give a function that lists the mails handed over."""
    return lambda: list((tmp_path / "Maildir").glob("new/*"))
