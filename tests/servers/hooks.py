# SPDX-License-Identifier: MIT
"""The answers of a GroupServer site, in its own words."""

import random
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from .answers import Answer
from .request import Request

MEMBERS: Final = "/gs-profile-status-members.html"
SEND: Final = "/gs-profile-status-send.html"

#: The header of the members hook with the lifetime of keys.
LIFETIME: Final = "Idempotency-Key-Lifetime"

SKIPPED: Final = {
    -4: "not in any groups",
    -8: "no verified email addresses",
    -16: "no activity in any groups this month",
    -32: "explicitly opted out",
}
#: IDs that always cause an error of the site.
FAILING_IDS: Final = frozenset({"title"})
MISSING: Final = "Required input is missing."


class SiteState(Protocol):
    """The state that the answers of a site depend on."""

    token: str
    members: Sequence[str]
    names: Mapping[str, str]
    prefix: str
    refused: int
    escaped: bool
    keys: int | None


def usual_answer(site: SiteState, request: Request, status: int = 0) -> Answer:
    """Return the answer of *site*; *status* is the send hook's status of a known member."""
    if request.header("Transfer-Encoding") is not None:
        return Answer.page(400).having("Connection", "close")
    if request.method not in {"GET", "POST"}:
        return Answer.page(500)
    if request.path == site.prefix + MEMBERS:
        return _members(site, request.fields)
    if request.path == site.prefix + SEND:
        return _send(site, request.fields, status)
    return Answer.page(404)


def _members(site: SiteState, fields: Mapping[str, str]) -> Answer:
    if "get" not in fields:
        return _description("get", ("token",))
    if not fields.get("token", "").isascii():
        return Answer.page(500)
    if errors := _token_errors(site, fields):
        return _refusal(site, errors)
    # The order of a set differs from call to call.
    listed = Answer.json(random.sample(site.members, len(site.members)))
    return listed if site.keys is None else listed.having(LIFETIME, str(site.keys))


def accepts(site: SiteState, request: Request) -> bool:
    """Return whether the send hook of *site* accepts this form."""
    is_read = request.method in {"GET", "POST"} and request.header("Transfer-Encoding") is None
    return is_read and _refusal_of(site, request.fields) is None


def _send(site: SiteState, fields: Mapping[str, str], status: int) -> Answer:
    if (objection := _refusal_of(site, fields)) is not None:
        return objection
    member = fields["profileId"]
    if member not in site.names and member not in site.members:
        status = -2
    return notification(status, member, site.names.get(member, "Jane Smith"), escaped=site.escaped)


def _refusal_of(site: SiteState, fields: Mapping[str, str]) -> Answer | None:
    if "send" not in fields:
        return _description("send", ("profileId", "token"))
    member = fields.get("profileId", "")
    if not (member + fields.get("token", "")).isascii() or member in FAILING_IDS:
        return Answer.page(500)
    errors = [] if member else [f"Profile identifier: {MISSING}"]
    errors += _token_errors(site, fields)
    return _refusal(site, errors) if errors else None


def notification(status: int, member: str, name: str, *, escaped: bool = True) -> Answer:
    """Return the answer of the send hook for a member with *status*."""
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


def _token_errors(site: SiteState, fields: Mapping[str, str]) -> list[str]:
    token = fields.get("token", "")
    if token == site.token:
        return []
    if not token:
        return [f"Token: {MISSING}"]
    # GroupServer echoes the sent token, so this site does too.
    repeated = f'Token: The authentication token "{token}" does not match the one in the database.'
    return [repeated, f"Token: {MISSING}"]


def _refusal(site: SiteState, errors: Sequence[str]) -> Answer:
    return Answer.json({"status": site.refused, "message": errors})


def _description(action: str, arguments: Sequence[str]) -> Answer:
    message = ["This hook takes a POST.", "Send one of the actions with its arguments."]
    actions = {action: action.title()}
    described = {name: {"required": True} for name in arguments}
    return Answer.json({"message": message, "actions": actions, "arguments": described})
