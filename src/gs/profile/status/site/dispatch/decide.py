# SPDX-License-Identifier: MIT
"""Decides whether a member gets a notification, in GroupServer's order, and composes it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

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

Compose: TypeAlias = Callable[[Summary], OutgoingMail]

_NO_ADDRESSES: Final = Addresses((), (), (), ())


@dataclass(frozen=True, slots=True)
class Decision:
    """The reply to a call, if its mail is delivered or if there is none, and the mail.

    The mail goes to the member with that *name*, at *addresses* as the database has them.
    """

    reply: HookReply
    name: str = ""
    mail: OutgoingMail | None = None
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberData:
    """What the database has of a member; *person* is ``None`` if it has none with that ID."""

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
        """Return the data of each of *user_ids*, by ID; many IDs need no more queries than one."""
        ids = list(dict.fromkeys(user_ids))
        people = find_people(connection, ids)
        candidates = [user_id for user_id, person in people.items() if not person.opted_out]
        places = find_places_of(connection, candidates)
        addresses = find_addresses_of(connection, candidates)
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
        """Return the decision for *member* and *period*, with the mail if there is to be one."""
        person, addresses = member.person, member.addresses
        if person is None:
            text = f"Cannot find the user object for the user ID ({member.user_id})"
            return Decision(HookReply(Status.NO_SUCH_MEMBER, text))
        reason, sites = self._reason_to_skip(connection, person, member, period)
        mail = None
        if reason is None:
            try:
                mail = self.compose(summarise(period, person, addresses, sites, self.layout))
            except NoAddressError:  # an address is verified, and still none that a mail can have
                reason = Status.NO_VERIFIED_ADDRESS
        if reason is not None:
            return Decision(skipped(reason, person.user_id, person.name), person.name)
        text = f"Sent the monthly profile-status notification to {person.name} ({person.user_id})"
        return Decision(HookReply(Status.SENT, text), person.name, mail, addresses.preferred)

    def _reason_to_skip(
        self, connection: Connection, person: Person, member: MemberData, period: Period
    ) -> tuple[Status | None, tuple[SiteSummary, ...]]:
        # The sites are read last: they take most of the time.
        if person.opted_out:
            return Status.OPTED_OUT, ()
        if not any(place.group_id for place in member.places):
            return Status.NOT_IN_ANY_GROUP, ()
        if not member.addresses.preferred:
            return Status.NO_VERIFIED_ADDRESS, ()
        sites = summarise_sites(connection, member.places, self.activities, period, self.layout)
        memberships = (membership for site in sites for membership in site.memberships)
        if not any(membership.activity.figures.posts for membership in memberships):
            return Status.NO_ACTIVITY, ()
        return None, sites


def skipped(status: Status, user_id: str, name: str) -> HookReply:
    """Return the reply for a member who is skipped, for one of the reasons in ``SKIPPED``."""
    text = f"Skipping the monthly profile-status notification for {name} ({user_id})"
    return HookReply(status, f"{text}: {SKIPPED[status]}")


def summarise_sites(
    connection: Connection,
    places: Iterable[Place],
    activities: Activities,
    period: Period,
    layout: Layout,
) -> tuple[SiteSummary, ...]:
    """Return the member's sites by title, each with the member's groups there by title.

    A site is left out if the member is in none of its groups, and so is a group that does not
    exist. Activities that are not in the cache are read over *connection*.
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
    return tuple(
        SiteSummary(
            site=site,
            home=layout.home(site.url),
            administrator=site.id in administered,
            memberships=tuple(sorted(memberships[site.id], key=_title)),
        )
        for site in sorted(sites.values(), key=lambda site: site.rank)
    )


def summarise(
    period: Period,
    person: Person,
    addresses: Addresses,
    sites: tuple[SiteSummary, ...],
    layout: Layout,
) -> Summary:
    """Return what the notification on *period* tells *person*, who is a member of *sites*."""
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


def _title(membership: Membership) -> tuple[str, str]:
    return membership.group.title.casefold(), membership.group.id
