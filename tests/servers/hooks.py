# SPDX-License-Identifier: MIT
"""What a GroupServer site answers to a request, in its own words."""

import random
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from .answers import Answer
from .request import Request

MEMBERS: Final = "/gs-profile-status-members.html"
SEND: Final = "/gs-profile-status-send.html"

#: The header of the list of members by which a site says for how long it remembers keys.
LIFETIME: Final = "Idempotency-Key-Lifetime"

SKIPPED: Final = {
    -4: "not in any groups",
    -8: "no verified email addresses",
    -16: "no activity in any groups this month",
    -32: "explicitly opted out",
}
#: IDs on which the site stumbles each time, though they are ordinary text.
STUMBLING_BLOCKS: Final = frozenset({"title"})
MISSING: Final = "Required input is missing."


class Community(Protocol):
    """What the answers of a site depend on."""

    token: str
    members: Sequence[str]
    names: Mapping[str, str]
    prefix: str
    refused: int
    escaped: bool
    keys: int | None


def usual_answer(site: Community, request: Request, status: int = 0) -> Answer:
    """Return the answer of *site*; *status* is what the send hook finds for a member it knows."""
    if request.header("Transfer-Encoding") is not None:
        return Answer.page(400).having("Connection", "close")
    if request.method not in {"GET", "POST"}:
        return Answer.page(500)
    if request.path == site.prefix + MEMBERS:
        return _members(site, request.fields)
    if request.path == site.prefix + SEND:
        return _send(site, request.fields, status)
    return Answer.page(404)


def _members(site: Community, fields: Mapping[str, str]) -> Answer:
    if "get" not in fields:
        return _description("get", ("token",))
    if not fields.get("token", "").isascii():
        return Answer.page(500)
    if complaints := _complaints_about_token(site, fields):
        return _refusal(site, complaints)
    # A set's order: it differs from call to call.
    listed = Answer.json(random.sample(site.members, len(site.members)))
    return listed if site.keys is None else listed.having(LIFETIME, str(site.keys))


def accepts(site: Community, request: Request) -> bool:
    """Say whether the send hook of *site* works on this form, rather than complain about it."""
    is_read = request.method in {"GET", "POST"} and request.header("Transfer-Encoding") is None
    return is_read and _objection(site, request.fields) is None


def _send(site: Community, fields: Mapping[str, str], status: int) -> Answer:
    if (objection := _objection(site, fields)) is not None:
        return objection
    member = fields["profileId"]
    if member not in site.names and member not in site.members:
        status = -2
    return notification(status, member, site.names.get(member, "Jane Smith"), escaped=site.escaped)


def _objection(site: Community, fields: Mapping[str, str]) -> Answer | None:
    if "send" not in fields:
        return _description("send", ("profileId", "token"))
    member = fields.get("profileId", "")
    if not (member + fields.get("token", "")).isascii() or member in STUMBLING_BLOCKS:
        return Answer.page(500)
    complaints = [] if member else [f"Profile identifier: {MISSING}"]
    complaints += _complaints_about_token(site, fields)
    return _refusal(site, complaints) if complaints else None


def notification(status: int, member: str, name: str, *, escaped: bool = True) -> Answer:
    """Return the send hook's answer of *status* for a member."""
    who = f"{name} ({member})"
    if status == 0:
        message = f"Sent the monthly profile-status notification to {who}"
    elif status == -2:
        message = f"Cannot find the user object for the user ID ({member})"
    elif status in SKIPPED:
        reason = SKIPPED[status]
        message = f"Skipping the monthly profile-status notification for {who}: {reason}"
    else:
        message = f"Something else happened to {who}"
    reply = {"status": status, "message": message}
    return Answer.json(reply, escaped=escaped, mails=status == 0)


def _complaints_about_token(site: Community, fields: Mapping[str, str]) -> list[str]:
    token = fields.get("token", "")
    if token == site.token:
        return []
    if not token:
        return [f"Token: {MISSING}"]
    # The site repeats what it was sent, a secret perhaps: so does this one.
    repeated = f'Token: The authentication token "{token}" does not match the one in the database.'
    return [repeated, f"Token: {MISSING}"]


def _refusal(site: Community, complaints: Sequence[str]) -> Answer:
    return Answer.json({"status": site.refused, "message": complaints})


def _description(action: str, arguments: Sequence[str]) -> Answer:
    message = ["This hook takes a POST.", "Send one of the actions with its arguments."]
    actions = {action: action.title()}
    described = {name: {"required": True} for name in arguments}
    return Answer.json({"message": message, "actions": actions, "arguments": described})
