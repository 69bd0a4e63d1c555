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

from gs.profile.status.site.links import InvalidLinkError, read_link
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

#: The subsystem of the pages' events in the audit trail.
SUBSYSTEM: Final = "gs.profile.status.site"
#: The event codes: a member turned the summary off, or on.
TURNED_OFF: Final = "1"
TURNED_ON: Final = "2"


class Change(Enum):
    """A change that a form asks for: its event code, and how it was asked for."""

    ONE_CLICK = (TURNED_OFF, "one-click")
    OFF = (TURNED_OFF, "page")
    ON = (TURNED_ON, "page")


# The pair that a mail program posts (RFC 8058, 3.1), and that no followed link can post.
_ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")
# The field of the button, and the changes by its values.
_BUTTON: Final = "summary"
_BUTTONS: Final = {"off": Change.OFF, "on": Change.ON}


@dataclass(frozen=True, slots=True)
class UnsubscribePage:
    """The page of the links that are signed with *link_key*.

    A GET changes nothing, because mail scanners follow links. A POST acts at once (RFC 8058): the
    link names the member and the purpose, so the page reads no cookie, log-in or origin, and
    never redirects. *now* is the clock of the audit trail.
    """

    link_key: str
    engine: Engine
    now: Callable[[], datetime]

    async def answer(self, request: Request) -> Response:
        """Answer with the page, after the change that was posted."""
        try:
            user_id = read_link(self.link_key, request.path_params["signed"])
            change = _read_change(await read_form(request)) if request.method == "POST" else None
            subscription = await run_in_threadpool(self._apply, user_id, change)
        except InvalidLinkError:
            return trouble(request, Trouble.NOT_FOUND)
        except HTTPException as error:  # of the form
            return trouble(request, Trouble.BAD_FORM, error.status_code)
        except NO_DATABASE:
            return trouble(request, Trouble.LATER)
        if subscription is None:
            # The same page as for a forged link: it does not disclose who was a member.
            return trouble(request, Trouble.NOT_FOUND)
        return answer(
            wording_for(subscription.language),
            "stop.html",
            on=subscription.on,
            site=subscription.site,
            done=change is not None,
        )

    def _apply(self, user_id: str, change: Change | None) -> "_Subscription | None":
        if change is None:
            with self.engine.connect() as connection:
                return _find_subscription(connection, user_id)
        with self.engine.begin() as connection:
            if _find_subscription(connection, user_id) is None:
                return None
            turn = opt_in if change is Change.ON else opt_out
            if turn(connection, user_id):  # without a change there is no event
                code, way = change.value
                event = Event(self.now(), code, user_id, way, subsystem=SUBSYSTEM)
                record_events(connection, [event])
            return _find_subscription(connection, user_id)


def _read_change(form: Mapping[str, str]) -> Change:
    name, value = _ONE_CLICK
    if form.get(name) == value:
        return Change.ONE_CLICK
    change = _BUTTONS.get(form.get(_BUTTON, ""))
    if change is None:
        raise HTTPException(400)
    return change


@dataclass(frozen=True, slots=True)
class _Subscription:
    """Whether the summary is on, without anything that identifies the member.

    *language* is a BCP 47 tag. *site* is the title of the site that sends the mail; it is empty
    for a person without a site.
    """

    on: bool
    language: str
    site: str


def _find_subscription(connection: Connection, user_id: str) -> _Subscription | None:
    person = find_people(connection, [user_id]).get(user_id)
    if person is None:
        return None
    places = find_places_of(connection, [user_id]).get(user_id, [])
    first = min(places, key=_rank, default=None)
    return _Subscription(not person.opted_out, person.language, first.site.title if first else "")


def _rank(place: Place) -> tuple[bool, tuple[str, str]]:
    # As in the mail: the first site that has a group of the member.
    return not place.group_id, place.site.rank
