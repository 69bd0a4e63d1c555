# SPDX-License-Identifier: MIT
"""Decides who gets a notification, from facts; its order is that of GroupServer."""

from dataclasses import dataclass
from typing import Final

from gs.profile.status.hooks import Status

#: The event code of each decision, in the audit trail.
EVENT_CODES: Final = {
    Status.SENT: "1",
    Status.NO_VERIFIED_ADDRESS: "2",
    Status.NOT_IN_ANY_GROUP: "3",
    Status.NO_SUCH_MEMBER: "4",
    Status.NO_ACTIVITY: "5",
    Status.OPTED_OUT: "6",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides: *groups* counts those of the member, *posts* the month's posts in them."""

    opted_out: bool
    groups: int
    deliverable: bool
    posts: int


def decide(facts: Facts | None) -> Status:
    """Return :attr:`Status.SENT` for a member who gets one, or why not; no facts: no member."""
    if facts is None:
        return Status.NO_SUCH_MEMBER
    if facts.opted_out:
        return Status.OPTED_OUT
    if not facts.groups:
        return Status.NOT_IN_ANY_GROUP
    if not facts.deliverable:
        return Status.NO_VERIFIED_ADDRESS
    if not facts.posts:
        return Status.NO_ACTIVITY
    return Status.SENT
