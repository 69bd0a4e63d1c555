# SPDX-License-Identifier: MIT
"""The page on which an administrator, with the token, previews a member's notification."""

from collections.abc import Callable
from dataclasses import dataclass
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
from gs.profile.status.site.store.database import NO_DATABASE
from gs.profile.status.site.web.forms import Complaint, read_form, read_period
from gs.profile.status.site.web.tokens import Tokens, TooManyWrongError, peer_of

from .page import Trouble, answer, trouble

PREVIEW_PATH: Final = "/gs-profile-status-preview"

# The page is for administrators, and in English like the command.
_LANGUAGE: Final = "en"
# A frame without a URL has the policy of the page around it, so this allows the style attributes
# and the pictures of the mail. Scripts can run neither in the page nor in the mail.
_ALLOWED_FOR_MAIL: Final = "style-src 'unsafe-inline'; img-src https: data:"

_WRONG_TOKEN: Final = "The token is not the token of this site."  # noqa: S105 - a message
_TOO_MANY: Final = "Too many wrong tokens were sent. Try again in a few seconds."
_RETRY_AFTER: Final = "10"
_NO_PROFILE_ID: Final = "A profile ID is needed."


@dataclass(frozen=True, slots=True)
class PlannedNotification:
    """The notification that a member would get, with the status and message of the send hook.

    *mail* is ``None`` if the member would get none.
    """

    status: Status
    message: str
    mail: OutgoingMail | None


#: Returns what the send hook would do for a member and a period, and does nothing; it may block.
PlanNotification: TypeAlias = Callable[[str, Period], PlannedNotification]


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """The page; it looks nothing up before it has checked the token."""

    tokens: Tokens
    plan: PlanNotification
    default_period: Callable[[], Period]

    async def answer(self, request: Request) -> Response:
        """Answer with the form, and with the notification that was asked for."""
        if request.method != "POST":
            return _form_page(_Form())
        try:
            return await self._answer(request, await read_form(request))
        except HTTPException as error:
            return _form_page(_Form(), "The form cannot be read.", error.status_code)
        except TooManyWrongError:
            response = _form_page(_Form(), _TOO_MANY, 429)
            response.headers["Retry-After"] = _RETRY_AFTER
            return response
        except NO_DATABASE:
            return trouble(request, Trouble.LATER)

    async def _answer(self, request: Request, fields: dict[str, str]) -> Response:
        form = _Form(
            fields.get(Field.PROFILE_ID, "").strip(), fields.get(Field.PERIOD, "").strip()
        )
        token = fields.get(Field.TOKEN, "")
        if not await self.tokens.check(token, request.url.path, peer_of(request)):
            return _form_page(form, _WRONG_TOKEN, 403)
        if not form.profile_id:
            return _form_page(form, _NO_PROFILE_ID, 400)
        period = read_period(form.period, self.default_period)
        if isinstance(period, Complaint):
            return _form_page(form, period.fault, 400)
        return await run_in_threadpool(self._result_page, form.profile_id, period)

    def _result_page(self, profile_id: str, period: Period) -> Response:
        planned = self.plan(profile_id, period)
        mail = _decode(planned.mail) if planned.mail else None
        return answer(
            wording_for(_LANGUAGE),
            "preview_result.html",
            allow=_ALLOWED_FOR_MAIL if mail else "",
            form=_Form(profile_id, str(period)),
            planned=planned,
            mail=mail,
        )


@dataclass(frozen=True, slots=True)
class _Form:
    """The values of the form's fields, without the token, which no page repeats."""

    profile_id: str = ""
    period: str = ""


def _form_page(form: _Form, fault: str = "", status: int = 200) -> Response:
    return answer(wording_for(_LANGUAGE), "preview.html", status, form=form, fault=fault)


@dataclass(frozen=True, slots=True)
class _DecodedMail:
    """A mail as a mail program shows it; a part that it does not have is empty."""

    fields: tuple[tuple[str, str], ...]
    text: str
    html: str


def _decode(mail: OutgoingMail) -> _DecodedMail:
    octets = mail.octets(eight_bit=False)
    # The header is parsed as text: fields in UTF-8 (RFC 6532) are lost if it is parsed as bytes.
    header = octets.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    fields = message_from_string(header, policy=default).items()
    message = message_from_bytes(octets, policy=default)
    return _DecodedMail(
        tuple((name, str(value)) for name, value in fields),
        _part(message, "plain"),
        _part(message, "html"),
    )


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")
