# SPDX-License-Identifier: MIT
"""Decides what becomes of a notification, and composes it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gs.profile.status.hooks import SKIPPED, HookReply, Period, Status
from gs.profile.status.site.activity import Activities
from gs.profile.status.site.delivery import OutgoingMail
from gs.profile.status.site.links import Layout
from gs.profile.status.site.model import (
    Addresses,
    Membership,
    Profile,
    SiteInfo,
    SiteSummary,
    Summary,
)
from gs.profile.status.site.notification import NoAddressError
from gs.profile.status.site.store.database import Connection
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.members import (
    Person,
    Place,
    find_addresses_of,
    find_people,
    find_places_of,
)


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


def summarise_sites(
    connection: Connection,
    places: Iterable[Place],
    activities: Activities,
    period: Period,
    layout: Layout,
) -> tuple[SiteSummary, ...]:
    """Return the member's sites by title, each with the member's groups there by title.

    A site in none of whose groups the member is has nothing to tell; neither has a group that is
    not there. What is not known yet is read over *connection*.
    """
    sites: dict[str, SiteInfo] = {}
    memberships: defaultdict[str, list[Membership]] = defaultdict(list)
    administered = set()
    for place in places:
        site_id = place.site.id
        if not place.group_id:
            administered.update([site_id] if place.administrator else [])
            continue
        found = activities.of(connection, GroupKey(site_id, place.group_id), period)
        if found is not None:
            sites[site_id] = place.site
            membership = Membership(*found, place.administrator, place.delivery)
            memberships[site_id].append(membership)
    ordered = sorted(sites.values(), key=lambda site: site.rank)
    return tuple(
        SiteSummary(
            site=site,
            home=layout.home(site.url),
            administrator=site.id in administered,
            memberships=_by_title(memberships[site.id]),
        )
        for site in ordered
    )


def summarise(
    period: Period,
    person: Person,
    addresses: Addresses,
    sites: tuple[SiteSummary, ...],
    layout: Layout,
) -> Summary:
    """Return all that the notification on *period* says to *person*, who is in *sites*."""
    profile = Profile(
        id=person.user_id,
        name=person.name,
        language=person.language,
        timezone=person.timezone,
        biography=person.biography,
        photo=person.photo,
        url=layout.profile(sites[0].site.url, person.user_id),
        logged_in=person.logged_in,
        addresses=addresses,
    )
    return Summary(period, profile, sites)


def _by_title(memberships: Iterable[Membership]) -> tuple[Membership, ...]:
    return tuple(sorted(memberships, key=lambda one: (one.group.title.casefold(), one.group.id)))


Compose: TypeAlias = Callable[[Summary], OutgoingMail]

_NO_ADDRESSES = Addresses((), (), (), ())


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to become of one notification: the reply, and the letter of one that is sent.

    The letter is to somebody of that *name*, at the *addresses* as the database has them.
    """

    reply: HookReply
    name: str = ""
    letter: OutgoingMail | None = None
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberData:
    """What the database says of a member; the person is ``None`` where there is nobody."""

    user_id: str
    person: Person | None
    places: Sequence[Place] = ()
    addresses: Addresses = _NO_ADDRESSES


@dataclass(frozen=True, slots=True)
class Decider:
    """Decides for members, with the *activities* of their groups and the pages of the *layout*."""

    activities: Activities
    layout: Layout
    compose: Compose

    def look_up(self, connection: Connection, user_ids: Iterable[str]) -> dict[str, MemberData]:
        """Return what decides about each of *user_ids*, by ID, in as few queries as for one."""
        ids = list(dict.fromkeys(user_ids))
        people = find_people(connection, ids)
        asked = [user_id for user_id, person in people.items() if not person.opted_out]
        places = find_places_of(connection, asked)
        addresses = find_addresses_of(connection, asked)
        return {
            user_id: MemberData(
                user_id,
                people.get(user_id),
                places.get(user_id, ()),
                addresses.get(user_id, _NO_ADDRESSES),
            )
            for user_id in ids
        }

    def decide(self, connection: Connection, member: MemberData, period: Period) -> Decision:
        """Return what becomes of the notification of *member* on *period*."""
        person = member.person
        if person is None:
            return Decision(_reply(Status.NO_SUCH_MEMBER, member.user_id, ""))
        sites: tuple[SiteSummary, ...] = ()
        if member.addresses.preferred:
            sites = summarise_sites(
                connection, member.places, self.activities, period, self.layout
            )
        status = decide(_facts(person, member, sites))
        letter = None
        if status is Status.SENT:
            try:
                letter = self.compose(
                    summarise(period, person, member.addresses, sites, self.layout)
                )
            except NoAddressError:  # it is verified, and yet none that a mail can have
                status = Status.NO_VERIFIED_ADDRESS
        reply = _reply(status, member.user_id, person.name)
        return Decision(reply, person.name, letter, member.addresses.preferred)


def rejected(reply: str, user_id: str, name: str) -> HookReply:
    """Return the reply for a member whose mail the mail server rejected, with its *reply*.

    That comes first: a sender may show the beginning alone.
    """
    did = f"It rejected the monthly profile-status notification to {name} ({user_id})"
    return HookReply(Status.OTHER, f"The mail server said: {reply.rstrip('.')}. {did}")


def skipped(status: Status, user_id: str, name: str) -> HookReply:
    """Return the reply for a member who is skipped, for one of the reasons in ``SKIPPED``."""
    said = f"Skipping the monthly profile-status notification for {name} ({user_id})"
    return HookReply(status, f"{said}: {SKIPPED[status]}")


def _reply(status: Status, user_id: str, name: str) -> HookReply:
    if status is Status.NO_SUCH_MEMBER:
        return HookReply(status, f"Cannot find the user object for the user ID ({user_id})")
    if status is Status.SENT:
        said = f"Sent the monthly profile-status notification to {name} ({user_id})"
        return HookReply(status, said)
    return skipped(status, user_id, name)


def _facts(person: Person, member: MemberData, sites: tuple[SiteSummary, ...]) -> Facts:
    groups = sum(1 for place in member.places if place.group_id)
    memberships = (one for site in sites for one in site.memberships)
    posts = sum(membership.activity.figures.posts for membership in memberships)
    return Facts(person.opted_out, groups, bool(member.addresses.preferred), posts)
