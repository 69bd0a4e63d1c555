# SPDX-License-Identifier: MIT
"""The page on which a member turns the summary off and on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gs.profile.status.site.links import NotOursError, read_link
from gs.profile.status.site.notification import wording_for
from gs.profile.status.site.store.audit import Event, record_events
from gs.profile.status.site.store.database import NO_DATABASE, Connection, Engine
from gs.profile.status.site.store.members import (
    Place,
    find_people,
    find_places_of,
    opt_in,
    opt_out,
)
from gs.profile.status.site.web.forms import read_form

from .page import Trouble, answer, trouble

#: Of what members do on the pages, in the audit trail.
SUBSYSTEM: Final = "gs.profile.status.site"
#: The event codes: a member turned the summary off, or on.
TURNED_OFF: Final = "1"
TURNED_ON: Final = "2"


class Change(Enum):
    """What can be asked for: its event code, and the way in which it was asked for."""

    ONE_CLICK = (TURNED_OFF, "one-click")
    OFF = (TURNED_OFF, "page")
    ON = (TURNED_ON, "page")


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whether the summary is on, and nothing that tells whose it is.

    The language is a BCP 47 tag. The site is the one that the mail is from, by its title; that
    is empty for somebody who is in none.
    """

    on: bool
    language: str
    site: str


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The subscriptions in a database; *now* is the clock of the trail."""

    engine: Engine
    now: Callable[[], datetime]

    def find(self, user_id: str) -> Subscription | None:
        """Return the subscription of a person, ``None`` where there is nobody."""
        with self.engine.connect() as connection:
            return _find(connection, user_id)

    def change(self, user_id: str, change: Change) -> Subscription | None:
        """Return the subscription after the *change*, ``None`` where there is nobody.

        What was so before is no event.
        """
        with self.engine.begin() as connection:
            if _find(connection, user_id) is None:
                return None
            turn = opt_in if change is Change.ON else opt_out
            if turn(connection, user_id):
                code, way = change.value
                event = Event(self.now(), code, user_id, way, subsystem=SUBSYSTEM)
                record_events(connection, [event])
            return _find(connection, user_id)


def _find(connection: Connection, user_id: str) -> Subscription | None:
    person = find_people(connection, [user_id]).get(user_id)
    if person is None:
        return None
    places = find_places_of(connection, [user_id]).get(user_id, [])
    first = min(places, key=_rank, default=None)
    return Subscription(not person.opted_out, person.language, first.site.title if first else "")


def _rank(place: Place) -> tuple[bool, tuple[str, str]]:
    # As the mail has it: the first site that has a group of the member.
    return not place.group_id, place.site.rank


# RFC 8058 (3.1): the pair that a mail program posts, and that nobody posts by following a link.
_ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")
#: The field of the button, with what its values ask for.
_BUTTON: Final = "summary"
_BUTTONS: Final = {"off": Change.OFF, "on": Change.ON}


@dataclass(frozen=True, slots=True)
class UnsubscribePage:
    """The page behind the links that are signed with *key*.

    A GET never acts, for mail scanners follow links. A POST acts at once (RFC 8058): the link
    says who and what, so no cookie, log-in or origin is looked at, and no redirect answers.
    """

    key: str
    subscriptions: Subscriptions

    async def answer(self, request: Request) -> Response:
        """Answer with the page, after doing what was posted."""
        try:
            user_id = read_link(self.key, request.path_params["signed"])
            change = await _read_change(request) if request.method == "POST" else None
            return await run_in_threadpool(self._answer, request, user_id, change)
        except NotOursError:
            return trouble(request, Trouble.NOT_FOUND)
        except HTTPException as error:  # of the form
            return trouble(request, Trouble.BAD_FORM, error.status_code)
        except NO_DATABASE:
            return trouble(request, Trouble.LATER)

    def _answer(self, request: Request, user_id: str, change: Change | None) -> Response:
        if change is None:
            subscription = self.subscriptions.find(user_id)
        else:
            subscription = self.subscriptions.change(user_id, change)
        if subscription is None:
            # As for a link that is not ours: it does not tell who was here.
            return trouble(request, Trouble.NOT_FOUND)
        return _page(subscription, done=change is not None)


async def _read_change(request: Request) -> Change:
    change = _change(await read_form(request))
    if change is None:
        raise HTTPException(400)
    return change


def _change(form: Mapping[str, str]) -> Change | None:
    name, value = _ONE_CLICK
    if form.get(name) == value:
        return Change.ONE_CLICK
    return _BUTTONS.get(form.get(_BUTTON, ""))


def _page(subscription: Subscription, *, done: bool) -> Response:
    wording = wording_for(subscription.language)
    return answer(wording, "stop.html", on=subscription.on, site=subscription.site, done=done)
