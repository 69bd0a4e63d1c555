# SPDX-License-Identifier: MIT
"""Notifies one member: decides, composes, hands over, audits, answers."""

import errno
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Final

from sqlalchemy import Engine

from gs.profile.status.hooks import SKIPPED, Period, Reply, Status

from .activity import Activities
from .eligible import EVENT_CODES, Facts, decide
from .fields import NoAddressError
from .mailer import Mailer
from .store.audit import record_event
from .store.members import Person, find_addresses, find_person, find_places
from .summarise import summarise, summarise_sites
from .summary import SiteSummary, Summary

# Somebody will make room; until then no mail can be handed over.
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class NotHandedOverError(Exception):
    """The mail was certainly not handed over, and may well be later."""


@dataclass(frozen=True, slots=True)
class Case:
    """A member as the decision sees them; the sites hold what the member would be told."""

    person: Person | None
    sites: tuple[SiteSummary, ...]

    def status(self) -> Status:
        """Return what is to be done."""
        if self.person is None:
            return decide(None)
        memberships = [one for site in self.sites for one in site.memberships]
        posts = sum(membership.activity.post_count for membership in memberships)
        facts = Facts(self.person.opted_out, len(memberships), self.person.deliverable, posts)
        return decide(facts)


@dataclass(frozen=True, slots=True)
class Notifier:
    """Notifies members of what the database says; *now* is the site's clock."""

    engine: Engine
    activities: Activities
    compose: Callable[[Summary], EmailMessage]
    mailer: Mailer
    now: Callable[[], datetime]

    def notify(self, user_id: str, period: Period) -> Reply:
        """Return what became of the notification; the mail was handed over when it was sent.

        Raises :exc:`NotHandedOverError` where trying again later may help.
        """
        case = self._look_at(user_id, period)
        status = case.status()
        if status is Status.SENT:
            status = self._send(self._summary(case, period))
        with self.engine.begin() as connection:
            record_event(connection, self.now(), EVENT_CODES[status], user_id, str(period))
        return Reply(status, _message(status, user_id, case.person))

    def _send(self, summary: Summary) -> Status:
        try:
            message = self.compose(summary)
        except NoAddressError:  # it is verified, and yet none that a mail can have
            return Status.NO_VERIFIED_ADDRESS
        try:
            self.mailer.hand_over(message)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise NotHandedOverError(error.strerror) from error
            raise
        return Status.SENT

    def _look_at(self, user_id: str, period: Period) -> Case:
        with self.engine.connect() as connection:
            person = find_person(connection, user_id)
            if person is None:
                return Case(None, ())
            places = [] if person.opted_out else find_places(connection, user_id)
        return Case(person, summarise_sites(places, self.activities, period))

    def _summary(self, case: Case, period: Period) -> Summary:
        assert case.person is not None  # noqa: S101 - nobody is never sent to
        with self.engine.connect() as connection:
            addresses = find_addresses(connection, case.person.user_id)
        return summarise(period, case.person, addresses, case.sites)


def _message(status: Status, user_id: str, person: Person | None) -> str:
    if person is None:
        return f"Cannot find the user object for the user ID ({user_id})"
    if status is Status.SENT:
        return f"Sent the monthly profile-status notification to {person.name} ({user_id})"
    skipping = f"Skipping the monthly profile-status notification for {person.name} ({user_id})"
    return f"{skipping}: {SKIPPED[status]}"
