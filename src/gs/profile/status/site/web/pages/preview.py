# SPDX-License-Identifier: MIT
"""The page that shows, to whoever has the token, what a member would be sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, message_from_string
from email.message import EmailMessage
from email.policy import default
from typing import Final, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gs.profile.status.hooks import Field, Period, Status
from gs.profile.status.site.delivery import OutgoingMail
from gs.profile.status.site.notification import wording_for
from gs.profile.status.site.store.database import NO_DATABASE, Engine
from gs.profile.status.site.web.forms import Complaint, read_form, read_period
from gs.profile.status.site.web.tokens import Tokens, TooManyWrongError, peer_of

from .page import Trouble, answer, trouble


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail: its header fields are decoded, in their order."""

    fields: tuple[tuple[str, str], ...]
    text: str
    html: str


def receive(letter: OutgoingMail) -> ReceivedMail:
    """Return what a mail program makes of *letter*; a part that it does not have is empty."""
    octets = letter.octets(eight_bit=False)
    message = message_from_bytes(octets, policy=default)
    return ReceivedMail(_fields(octets), _part(message, "plain"), _part(message, "html"))


def _fields(octets: bytes) -> tuple[tuple[str, str], ...]:
    # Read for themselves: fields in UTF-8 (RFC 6532) are lost where a mail is read as octets.
    header = octets.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    message = message_from_string(header, policy=default)
    return tuple((name, str(value)) for name, value in message.items())


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


@dataclass(frozen=True, slots=True)
class PlannedNotification:
    """What a member would be sent, or why nothing: in the words of the send hook."""

    status: Status
    message: str
    letter: OutgoingMail | None


#: Returns what would become of the notification of a member on a period, and does nothing of it;
#: it may block.
PlanNotification: TypeAlias = Callable[[str, Period], PlannedNotification]


@dataclass(frozen=True, slots=True)
class Pages:
    """What the pages are built of; *default_period* is asked when a form names no period.

    With *link_key* the links to the pages are signed; *now* is the site's clock.
    """

    engine: Engine
    link_key: str
    tokens: Tokens
    look: PlanNotification
    now: Callable[[], datetime]
    default_period: Callable[[], Period]


#: The page is for the people who run the site, as the command is: in English.
_WORDING: Final = "en"
# A frame without a URL of its own has the policy of the page round it: the style attributes and
# the pictures of the mail have to be allowed there. Neither page nor mail can run a script.
_OF_THE_LETTER: Final = "style-src 'unsafe-inline'; img-src https: data:"

_WRONG: Final = "The token is not the one of this site."
_TOO_MANY: Final = "Too many wrong tokens came of late. Try again in a few seconds."
_SECONDS_LATER: Final = "10"
_NOBODY: Final = "A profile ID is needed."


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was filled in, but for the token: that is never shown again."""

    profile_id: str = ""
    period: str = ""


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """The page; nothing is looked up before the token is found right."""

    tokens: Tokens
    look: PlanNotification
    default_period: Callable[[], Period]

    async def answer(self, request: Request) -> Response:
        """Answer with the form, and with what it asked for."""
        if request.method != "POST":
            return _form(_Asked())
        try:
            return await self._answer(request, await read_form(request))
        except HTTPException as error:
            return _form(_Asked(), "The form cannot be read.", error.status_code)
        except TooManyWrongError:
            answered = _form(_Asked(), _TOO_MANY, 429)
            answered.headers["Retry-After"] = _SECONDS_LATER
            return answered
        except NO_DATABASE:
            return trouble(request, Trouble.LATER)

    async def _answer(self, request: Request, form: dict[str, str]) -> Response:
        asked = _Asked(form.get(Field.PROFILE_ID, "").strip(), form.get(Field.PERIOD, "").strip())
        given = form.get(Field.TOKEN, "")
        if not await self.tokens.check(given, request.url.path, peer_of(request)):
            return _form(asked, _WRONG, 403)
        if not asked.profile_id:
            return _form(asked, _NOBODY, 400)
        period = read_period(asked.period, self.default_period)
        if isinstance(period, Complaint):
            return _form(asked, period.fault, 400)
        return await run_in_threadpool(self._looked, asked.profile_id, period)

    def _looked(self, user_id: str, period: Period) -> Response:
        looked = self.look(user_id, period)
        return _shown(_Asked(user_id, str(period)), looked)


def _form(asked: _Asked, fault: str = "", status: int = 200) -> Response:
    return answer(wording_for(_WORDING), "preview.html", status, asked=asked, fault=fault)


def _shown(asked: _Asked, looked: PlannedNotification) -> Response:
    letter = receive(looked.letter) if looked.letter else None
    return answer(
        wording_for(_WORDING),
        "looked.html",
        allow=_OF_THE_LETTER if letter else "",
        asked=asked,
        fault="",
        looked=looked,
        letter=letter,
    )
