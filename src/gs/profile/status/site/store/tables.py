# SPDX-License-Identifier: MIT
"""The tables: with GroupServer's names and columns where it has the same thing."""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    func,
)

from .columns import Moment

METADATA: Final = MetaData()

# GroupServer keeps the next four in its object database; so these tables are our own.

#: A site of the instance; the notification leaves a skipped one out. The news is trusted HTML.
SITE: Final = Table(
    "site",
    METADATA,
    Column("site_id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("support_email", Text, nullable=False),
    Column("news", Text),
    Column("skipped", Boolean, nullable=False, default=False),
)

#: A group of a site: its privacy is ``public``, ``private`` or ``secret``.
GROUP: Final = Table(
    "group",
    METADATA,
    Column("site_id", Text, ForeignKey("site.site_id"), primary_key=True),
    Column("group_id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("privacy", Text, nullable=False, default="public"),
    Column("email", Text, nullable=False),
)

#: A person: the photo is a URL, the language a BCP 47 tag.
PERSON: Final = Table(
    "person",
    METADATA,
    Column("user_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("biography", Text, nullable=False, default=""),
    Column("photo", Text),
    Column("language", Text, nullable=False, default="en"),
    Column("logged_in", Boolean, nullable=False, default=False),
)

#: Who is in what: an empty ``group_id`` is the site itself; the role ``member`` or ``admin``.
#: No foreign key to the person: in GroupServer a list of members may outlive one of them.
MEMBERSHIP: Final = Table(
    "membership",
    METADATA,
    Column("user_id", Text, primary_key=True),
    Column("site_id", Text, ForeignKey("site.site_id"), primary_key=True),
    Column("group_id", Text, primary_key=True, default=""),
    Column("role", Text, nullable=False, default="member"),
    Index("membership_of_group", "site_id", "group_id"),
)

# The rest is GroupServer's.

#: A post; a hidden one has the moment of its hiding. ``in_reply_to`` is the ``post_id`` answered.
POST: Final = Table(
    "post",
    METADATA,
    Column("post_id", Text, primary_key=True),
    Column("topic_id", Text, ForeignKey("topic.topic_id"), nullable=False, index=True),
    Column("group_id", Text, nullable=False),
    Column("site_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("in_reply_to", Text, nullable=False, default="", index=True),
    Column("subject", Text, nullable=False),
    Column("date", Moment, nullable=False),
    Column("body", Text, nullable=False),
    Column("htmlbody", Text, nullable=False, default=""),
    Column("header", Text, nullable=False, default=""),
    Column("has_attachments", Boolean, nullable=False, default=False),
    Column("hidden", Moment),
    ForeignKeyConstraint(["site_id", "group_id"], ["group.site_id", "group.group_id"]),
    Index("post_of_group", "site_id", "group_id", "date"),
)

#: A topic, with figures that follow from its posts.
TOPIC: Final = Table(
    "topic",
    METADATA,
    Column("topic_id", Text, primary_key=True),
    Column("group_id", Text, nullable=False),
    Column("site_id", Text, nullable=False),
    Column("original_subject", Text, nullable=False),
    Column("first_post_id", Text, nullable=False),
    Column("last_post_id", Text, nullable=False),
    Column("last_post_date", Moment, nullable=False),
    Column("num_posts", Integer, nullable=False),
    Column("hidden", Moment),
    Column("sticky", Moment),
    ForeignKeyConstraint(["site_id", "group_id"], ["group.site_id", "group.group_id"]),
    Index("topic_of_subject", "site_id", "group_id", "original_subject"),
)

#: An e-mail address: unverified without a date; mail goes to those verified and preferred.
USER_EMAIL: Final = Table(
    "user_email",
    METADATA,
    Column("user_id", Text, nullable=False, index=True),
    Column("email", Text, primary_key=True),
    Column("is_preferred", Boolean, nullable=False, default=False),
    Column("verified_date", Moment),
)
Index("user_email_whatever_its_case", func.lower(USER_EMAIL.c.email), unique=True)

#: The addresses for one group, where they are not the preferred ones.
GROUP_USER_EMAIL: Final = Table(
    "group_user_email",
    METADATA,
    Column("user_id", Text, primary_key=True),
    Column("site_id", Text, primary_key=True),
    Column("group_id", Text, primary_key=True),
    Column("email", Text, ForeignKey("user_email.email"), primary_key=True),
)

#: How somebody gets the posts of a group (``digest``, ``webonly``), where not one by one.
EMAIL_SETTING: Final = Table(
    "email_setting",
    METADATA,
    Column("user_id", Text, primary_key=True),
    Column("site_id", Text, primary_key=True),
    Column("group_id", Text, primary_key=True),
    Column("setting", Text, nullable=False),
)

#: Those who opted out.
PROFILE_NOTIFICATION_SKIP: Final = Table(
    "profile_notification_skip",
    METADATA,
    Column("user_id", Text, primary_key=True),
)

#: What was done, and why.
AUDIT_EVENT: Final = Table(
    "audit_event",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("event_date", Moment, nullable=False),
    Column("subsystem", Text, nullable=False),
    Column("event_code", Text, nullable=False),
    Column("user_id", Text),
    Column("instance_user_id", Text),
    Column("site_id", Text),
    Column("group_id", Text),
    Column("instance_datum", Text),
    Column("supplementary_datum", Text),
    Index("audit_event_of_subsystem", "subsystem", "event_date"),
)

#: A call of the send hook that had a key, ours alone: what it is answered, once it is finished.
#: One that is begun and not finished left open whether its mail was handed over.
IDEMPOTENCY_KEY: Final = Table(
    "idempotency_key",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("begun", Moment, nullable=False),
    Column("finished", Moment),
    Column("status", Integer, nullable=False),
    Column("message", Text, nullable=False),
)

#: A setting of the whole instance has an empty ``site_id`` and ``group_id``.
OPTION: Final = Table(
    "option",
    METADATA,
    Column("component_id", Text, primary_key=True),
    Column("option_id", Text, primary_key=True),
    Column("site_id", Text, primary_key=True, default=""),
    Column("group_id", Text, primary_key=True, default=""),
    Column("value", Text),
)
