# SPDX-License-Identifier: MIT
"""Puts together what one notification tells one member."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from gs.profile.status.hooks import Period

from .activity import Activities
from .store.groups import GroupKey
from .store.members import Person, Place
from .summary import Addresses, Membership, Profile, SiteSummary, Summary
from .urls import profile_url


def summarise_sites(
    places: Iterable[Place], activities: Activities, period: Period
) -> tuple[SiteSummary, ...]:
    """Return the member's sites by title, each with the member's groups there by title.

    A site in none of whose groups the member is has nothing to tell.
    """
    ordered = sorted(places, key=lambda place: (place.site.title.casefold(), place.site.id))
    summaries = (
        _summarise_site(list(there), activities, period)
        for _, there in groupby(ordered, key=lambda place: place.site.id)
    )
    return tuple(summary for summary in summaries if summary.memberships)


def summarise(
    period: Period, person: Person, addresses: Addresses, sites: tuple[SiteSummary, ...]
) -> Summary:
    """Return all that the notification on *period* says to *person*, who is in *sites*."""
    profile = Profile(
        id=person.user_id,
        name=person.name,
        biography=person.biography,
        photo=person.photo,
        url=profile_url(sites[0].site.url, person.user_id),
        logged_in=person.logged_in,
        addresses=addresses,
    )
    return Summary(period, profile, sites)


def _summarise_site(
    places: Sequence[Place], activities: Activities, period: Period
) -> SiteSummary:
    memberships = [_membership(place, activities, period) for place in places if place.group_id]
    memberships.sort(key=lambda one: (one.group.title.casefold(), one.group.id))
    administrator = any(place.administrator for place in places if not place.group_id)
    return SiteSummary(places[0].site, administrator, tuple(memberships))


def _membership(place: Place, activities: Activities, period: Period) -> Membership:
    group, activity = activities.of(GroupKey(place.site.id, place.group_id), period)
    return Membership(group, activity, place.administrator, place.delivery)
