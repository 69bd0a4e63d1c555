# SPDX-License-Identifier: MIT
"""Notifies one member: decides, composes, hands over, audits, answers."""

import errno
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from gs.profile.status.hooks import SKIPPED, Period, Reply, Status

from .activity import Activities
from .eligible import EVENT_CODES, Facts, decide
from .fields import NoAddressError
from .mailer import Mailer
from .store.audit import record_event
from .store.calls import Call, begin_call, finish_call
from .store.database import is_full
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

    def notify(self, user_id: str, period: Period, call: Call | None = None) -> Reply:
        """Return what became of the notification; the mail was handed over when it was sent.

        A *call* is written down, with its reply, in the same transaction as what was decided.
        Raises :exc:`NotHandedOverError` where trying again later may help.
        """
        case = self._look_at(user_id, period)
        status, mail = self._decide(case, period)
        reply = Reply(status, _message(status, user_id, case.person))
        if mail is not None:
            if call:
                self._begin(call, reply)
            self._hand_over(mail, call)
        self.record(reply, user_id, period, call)
        return reply

    def record(self, reply: Reply, user_id: str, period: Period, call: Call | None) -> None:
        """Write down what was decided, and with it the reply to a *call* that has a key."""
        code = EVENT_CODES[Status(reply.status)]
        with self.engine.begin() as connection:
            record_event(connection, self.now(), code, user_id, str(period))
            if call:
                finish_call(connection, call, self.now(), reply)

    def _decide(self, case: Case, period: Period) -> tuple[Status, EmailMessage | None]:
        status = case.status()
        if status is not Status.SENT:
            return status, None
        try:
            return status, self.compose(self._summary(case, period))
        except NoAddressError:  # it is verified, and yet none that a mail can have
            return Status.NO_VERIFIED_ADDRESS, None

    def _begin(self, call: Call, reply: Reply) -> None:
        # A transaction of its own: were this not durable, a crash after the hand-over would
        # leave no trace of it.
        try:
            with self.engine.begin() as connection:
                begin_call(connection, call, self.now(), reply)
        except OperationalError as error:
            if is_full(error):
                raise NotHandedOverError(str(error.orig)) from error
            raise

    def _hand_over(self, mail: EmailMessage, call: Call | None) -> None:
        try:
            self.mailer.hand_over(mail, call.key if call else None)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise NotHandedOverError(error.strerror) from error
            raise

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
