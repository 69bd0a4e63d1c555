# SPDX-License-Identifier: MIT
"""Writes the invented community into an empty database."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Final

from gs.profile.status.site.ingest.identifiers import identifier, identifier_of
from gs.profile.status.site.model import EmailSetting
from gs.profile.status.site.store.database import Connection
from gs.profile.status.site.store.groups import GroupKey, NewGroup, add_groups, add_site
from gs.profile.status.site.store.members import opt_out
from gs.profile.status.site.store.people import (
    AddressRow,
    EmailSettingRow,
    MembershipRow,
    PersonRow,
    add_addresses,
    add_email_settings,
    add_memberships,
    add_people,
)
from gs.profile.status.site.store.posts import PostInTopic, TopicWithPosts, add_topic

from .fixtures import DemoGroup, DemoPerson, read_groups, read_people, read_sites
from .writer import DemoMember, DemoPost, write_topics

# The site of those who are in no group.
_MAIN_SITE: Final = "riverside"
_SETTINGS: Final = (EmailSetting.EACH_POST, EmailSetting.DIGEST, EmailSetting.WEB_ONLY)


def seed_demo(connection: Connection, now: datetime, seed: int) -> None:
    """Add two sites, groups, sixty people and their posts up to *now*; a *seed* fixes them all.

    Each status of the send hook for a member has somebody who gets it.
    """
    random = Random(seed)  # noqa: S311 - no secret is made of it
    groups = list(read_groups())
    people = [(identifier(random.getrandbits(128)), person) for person in read_people()]
    sites = {}
    for site, news in read_sites():
        add_site(connection, site, news)
        sites[site.site_id] = site
    keys = {group.group_id: GroupKey(group.site_id, group.group_id) for group in groups}
    add_groups(
        connection,
        [
            NewGroup(
                keys[group.group_id],
                group.title,
                sites[group.site_id].address_of(group.group_id),
                group.privacy,
            )
            for group in groups
        ],
    )
    add_people(connection, [_person(user_id, one) for user_id, one in people if not one.removed])
    for user_id, one in people:
        add_memberships(connection, _memberships(user_id, one, keys))
        add_email_settings(connection, _email_settings(user_id, one, keys, random))
        add_addresses(connection, _addresses(user_id, one, now, random))
        if one.case == "opted out":
            opt_out(connection, user_id)
    for group in groups:
        members = [
            DemoMember(user_id, one.name)
            for user_id, one in people
            if group.group_id in one.groups and not one.removed
        ]
        for subject, posts in write_topics(group, members, now, random):
            add_topic(connection, _topic(group, subject, posts, random))


def _person(user_id: str, one: DemoPerson) -> PersonRow:
    # A person without a biography has never logged in.
    return PersonRow(
        user_id, one.name, one.language, one.timezone, one.biography, bool(one.biography)
    )


def _memberships(
    user_id: str, one: DemoPerson, keys: Mapping[str, GroupKey]
) -> list[MembershipRow]:
    groups = [keys[group] for group in one.groups]
    sites = {key.site_id for key in groups} or {_MAIN_SITE}
    places = [GroupKey(site_id, "") for site_id in sorted(sites)] + groups
    return [
        MembershipRow(
            user_id, key, "admin" if (key.group_id or key.site_id) in one.administers else "member"
        )
        for key in places
    ]


def _email_settings(
    user_id: str, one: DemoPerson, keys: Mapping[str, GroupKey], random: Random
) -> list[EmailSettingRow]:
    chosen = [(group, random.choices(_SETTINGS, (6, 3, 1))[0]) for group in one.groups]
    return [
        EmailSettingRow(user_id, keys[group], delivery)
        for group, delivery in chosen
        if delivery is not EmailSetting.EACH_POST  # this is no row
    ]


def _addresses(user_id: str, one: DemoPerson, now: datetime, random: Random) -> list[AddressRow]:
    plain = unicodedata.normalize("NFKD", one.name).encode("ascii", "ignore").decode()
    words = "".join(letter if letter.isalnum() else " " for letter in plain).lower().split()
    box = ".".join(words)[:40] or f"member.{user_id[:6].lower()}"
    verified = None if one.case == "no verified address" else now - timedelta(days=400)
    preferred = verified is not None
    rows = [AddressRow(user_id, f"{box}@example.org", preferred, verified)]
    if random.random() < 0.3:  # noqa: PLR2004 - some have another
        rows.append(AddressRow(user_id, f"{box}@example.net", preferred=False, verified=verified))
    if random.random() < 0.2:  # noqa: PLR2004 - some have one that they never verified
        rows.append(AddressRow(user_id, f"{box}@example.com", preferred=False, verified=None))
    return rows


def _topic(
    group: DemoGroup, subject: str, posts: list[DemoPost], random: Random
) -> TopicWithPosts:
    ids = [identifier(random.getrandbits(128)) for _ in posts]
    return TopicWithPosts(
        topic_id=identifier_of(group.site_id, group.group_id, subject),
        key=GroupKey(group.site_id, group.group_id),
        title=subject,
        hidden=posts[0].hidden,
        posts=tuple(
            PostInTopic(
                post_id=post_id,
                user_id=post.author.user_id,
                in_reply_to="" if post.answers is None else ids[post.answers],
                subject=subject if post.answers is None else f"Re: {subject}",
                date=post.date,
                body=post.body,
                hidden=post.hidden,
            )
            for post_id, post in zip(ids, posts, strict=True)
        ),
    )
