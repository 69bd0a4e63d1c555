# SPDX-License-Identifier: MIT
"""Puts together what one notification tells one member."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection

from gs.profile.status.hooks import Period
from gs.profile.status.site.activity import Activities
from gs.profile.status.site.model import Addresses, Membership, Profile, Site, SiteSummary, Summary
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.members import Person, Place
from gs.profile.status.site.urls import Layout


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
    sites: dict[str, Site] = {}
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
