# SPDX-License-Identifier: MIT
"""Settles the invented community in an empty database."""

import unicodedata
from datetime import datetime, timedelta
from random import Random
from typing import Any

from gs.profile.status.site.ingest.identifiers import identifier, identifier_of
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.archive import add, refresh_topics, remove_person
from gs.profile.status.site.store.database import Connection
from gs.profile.status.site.store.groups import GroupKey, SiteData, find_sites

from .fixtures import DemoGroup, DemoPerson, read_groups, read_people, read_sites
from .writer import DemoMember, DemoPost, write_topics


def seed_demo(connection: Connection, now: datetime, seed: int) -> None:
    """Add sites, groups, sixty people and their posts up to *now*: for a *seed* always the same.

    There is somebody for each status of the send hook with which a member is answered.
    """
    random = Random(seed)  # noqa: S311 - no secret is made of it
    circles = list(read_groups())
    cast = [(identifier(random.getrandbits(128)), one) for one in read_people()]
    add(connection, tables.SITE, read_sites())
    sites = {site.site_id: site for site in find_sites(connection)}
    add(connection, tables.GROUP, [_group(circle, sites[circle.site_id]) for circle in circles])
    add(connection, tables.PERSON, [_person(user_id, one) for user_id, one in cast])
    home = {circle.group_id: circle.site_id for circle in circles}
    for user_id, one in cast:
        _join(connection, user_id, one, home)
        _subscribe(connection, user_id, one, home, random)
        add(connection, tables.USER_EMAIL, _addresses(user_id, one, now, random))
    for circle in circles:
        members = [
            DemoMember(user_id, one.name)
            for user_id, one in cast
            if circle.group_id in one.groups and one.case != "account removed"
        ]
        _talk(connection, circle, members, now, random)
    for user_id, one in cast:
        if one.case == "opted out":
            add(connection, tables.PROFILE_NOTIFICATION_SKIP, [{"user_id": user_id}])
        if one.case == "account removed":
            remove_person(connection, user_id)


def _group(circle: DemoGroup, site: SiteData) -> dict[str, Any]:
    return {
        "site_id": circle.site_id,
        "group_id": circle.group_id,
        "title": circle.title,
        "privacy": circle.privacy,
        "email": site.address_of(circle.group_id),
    }


def _person(user_id: str, one: DemoPerson) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "name": one.name,
        "biography": one.biography,
        "language": one.language,
        "timezone": one.timezone,
        # Whoever has filled nothing in has never been there.
        "logged_in": bool(one.biography),
    }


def _join(connection: Connection, user_id: str, one: DemoPerson, home: dict[str, str]) -> None:
    sites = {home[group] for group in one.groups} or {"riverside"}
    places = [(site, "") for site in sorted(sites)]
    places += [(home[group], group) for group in one.groups]
    rows = [
        {
            "user_id": user_id,
            "site_id": site,
            "group_id": group,
            "role": "admin" if (group or site) in one.runs else "member",
        }
        for site, group in places
    ]
    add(connection, tables.MEMBERSHIP, rows)


def _subscribe(
    connection: Connection, user_id: str, one: DemoPerson, home: dict[str, str], random: Random
) -> None:
    # Of three four-tenths get each post, which is no row.
    for group in one.groups:
        setting = random.choices((None, "digest", "webonly"), (6, 3, 1))[0]
        if setting:
            row = {"user_id": user_id, "site_id": home[group], "group_id": group}
            add(connection, tables.EMAIL_SETTING, [{**row, "setting": setting}])


def _addresses(
    user_id: str, one: DemoPerson, now: datetime, random: Random
) -> list[dict[str, Any]]:
    plain = unicodedata.normalize("NFKD", one.name).encode("ascii", "ignore").decode()
    words = "".join(letter if letter.isalnum() else " " for letter in plain).lower().split()
    box = ".".join(words)[:40] or f"member.{user_id[:6].lower()}"
    verified = None if one.case == "no verified address" else now - timedelta(days=400)
    rows = [_address(user_id, f"{box}@example.org", verified, preferred=verified is not None)]
    if random.random() < 0.3:  # noqa: PLR2004 - some have another
        rows.append(_address(user_id, f"{box}@example.net", verified))
    if random.random() < 0.2:  # noqa: PLR2004 - and some have one that they never verified
        rows.append(_address(user_id, f"{box}@example.com", None))
    return rows


def _address(
    user_id: str, email: str, verified: datetime | None, *, preferred: bool = False
) -> dict[str, Any]:
    row = {"user_id": user_id, "email": email, "verified_date": verified}
    return {**row, "is_preferred": preferred}


def _talk(
    connection: Connection,
    circle: DemoGroup,
    members: list[DemoMember],
    now: datetime,
    random: Random,
) -> None:
    key = GroupKey(circle.site_id, circle.group_id)
    topic_ids = []
    for subject, posts in write_topics(circle, members, now, random):
        rows = _rows(key, subject, posts, random)
        topic_ids.append(rows[0]["topic_id"])
        add(connection, tables.TOPIC, [_topic(key, subject, rows)])
        add(connection, tables.POST, rows)
    refresh_topics(connection, topic_ids)


def _topic(key: GroupKey, subject: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "topic_id": rows[0]["topic_id"],
        "site_id": key.site_id,
        "group_id": key.group_id,
        "original_subject": subject,
        "first_post_id": rows[0]["post_id"],
        "last_post_id": rows[-1]["post_id"],
        "last_post_date": rows[-1]["date"],
        "num_posts": len(rows),
        # A topic is as its opening is.
        "hidden": rows[0]["hidden"],
    }


def _rows(
    key: GroupKey, subject: str, posts: list[DemoPost], random: Random
) -> list[dict[str, Any]]:
    ids = [identifier(random.getrandbits(128)) for _ in posts]
    topic_id = identifier_of(key.site_id, key.group_id, subject)
    return [
        {
            "post_id": post_id,
            "topic_id": topic_id,
            "site_id": key.site_id,
            "group_id": key.group_id,
            "user_id": post.author.user_id,
            "in_reply_to": "" if post.answers is None else ids[post.answers],
            "subject": subject if post.answers is None else f"Re: {subject}",
            "date": post.date,
            "body": post.body,
            "hidden": post.hidden,
        }
        for post_id, post in zip(ids, posts, strict=True)
    ]
