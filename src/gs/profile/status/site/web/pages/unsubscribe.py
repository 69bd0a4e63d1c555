# SPDX-License-Identifier: MIT
"""The page that a member turns the summary off and on with: by its button, or in one click."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gs.profile.status.site.notification import wording_for
from gs.profile.status.site.signing import NotOursError, read_link
from gs.profile.status.site.store.failing import NO_DATABASE
from gs.profile.status.site.web.forms import read_form

from .answers import Trouble, answer, trouble
from .subscription import Change, Subscription, Subscriptions

# RFC 8058 (3.1): the pair that a mail program posts, and that nobody posts by following a link.
_ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")
#: The field of the button, with what its values ask for.
_BUTTON: Final = "summary"
_BUTTONS: Final = {"off": Change.OFF, "on": Change.ON}


@dataclass(frozen=True, slots=True)
class Unsubscribing:
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
