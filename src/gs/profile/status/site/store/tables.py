# SPDX-License-Identifier: MIT
"""The tables, with GroupServer's names and columns where it has the same thing."""

import re
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.types import TypeDecorator

# PostgreSQL cannot store a NUL, and no database a surrogate, which is half a character.
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


class TextColumn(TypeDecorator[str]):
    """Text of any length, ordered by code point.

    A character that a database cannot store becomes U+FFFD, in a query too: every database then
    gives the same answer, that there is no such row.
    """

    # The default collation is that of the machine: one may put "a" before "B", another not.
    impl = Text().with_variant(Text(collation="C"), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - as TypeDecorator has it
        """Return *value* without what cannot be stored."""
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return _UNSTORABLE.sub("\ufffd", value)


class UtcDateTime(TypeDecorator[datetime]):
    """``timestamptz`` in PostgreSQL; a text in UTC in SQLite, which has no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return *value* in UTC; raises :exc:`ValueError` if it has no time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("The moment has no time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return *value* in UTC, with that time zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


#: All tables. Constraints have the names that PostgreSQL gives them, so that a migration can name
#: them in every database.
METADATA: Final = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)

# GroupServer has no table for the next four, which are in its object database: these are our own.

#: A site of the instance; the notification leaves out a skipped site. The news is trusted HTML.
SITE: Final = Table(
    "site",
    METADATA,
    Column("site_id", TextColumn, primary_key=True),
    Column("title", TextColumn, nullable=False),
    Column("url", TextColumn, nullable=False),
    Column("support_email", TextColumn, nullable=False),
    Column("news", TextColumn),
    Column("skipped", Boolean, nullable=False, default=False),
)

#: A group of a site; its privacy is ``public``, ``private`` or ``secret``.
GROUP: Final = Table(
    "group",
    METADATA,
    Column("site_id", TextColumn, ForeignKey("site.site_id"), primary_key=True),
    Column("group_id", TextColumn, primary_key=True),
    Column("title", TextColumn, nullable=False),
    Column("privacy", TextColumn, nullable=False, default="public"),
    Column("email", TextColumn, nullable=False),
)

#: A person; the photo is a URL, the language a BCP 47 tag, the time zone a name of IANA's.
PERSON: Final = Table(
    "person",
    METADATA,
    Column("user_id", TextColumn, primary_key=True),
    Column("name", TextColumn, nullable=False),
    Column("biography", TextColumn, nullable=False, default=""),
    Column("photo", TextColumn),
    Column("language", TextColumn, nullable=False, default="en"),
    Column("timezone", TextColumn, nullable=False, default="UTC"),
    Column("logged_in", Boolean, nullable=False, default=False),
)

#: A member of a group, or of a site if ``group_id`` is empty; the role is ``member`` or ``admin``.
#: There is no foreign key to the person: in GroupServer a membership may outlive the person.
MEMBERSHIP: Final = Table(
    "membership",
    METADATA,
    Column("user_id", TextColumn, primary_key=True),
    Column("site_id", TextColumn, ForeignKey("site.site_id"), primary_key=True),
    Column("group_id", TextColumn, primary_key=True, default=""),
    Column("role", TextColumn, nullable=False, default="member"),
    Index("membership_of_group", "site_id", "group_id", "user_id"),
    sqlite_with_rowid=False,
)

# The other tables are GroupServer's, unless it says so.

#: A post; ``hidden`` is when it was hidden. ``in_reply_to`` is the ``post_id`` that it answers.
POST: Final = Table(
    "post",
    METADATA,
    Column("post_id", TextColumn, primary_key=True),
    Column("topic_id", TextColumn, ForeignKey("topic.topic_id"), nullable=False, index=True),
    Column("group_id", TextColumn, nullable=False),
    Column("site_id", TextColumn, nullable=False),
    Column("user_id", TextColumn, nullable=False),
    Column("in_reply_to", TextColumn, nullable=False, default="", index=True),
    Column("subject", TextColumn, nullable=False),
    Column("date", UtcDateTime, nullable=False),
    Column("body", TextColumn, nullable=False),
    Column("header", TextColumn, nullable=False, default=""),
    Column("hidden", UtcDateTime),
    ForeignKeyConstraint(["site_id", "group_id"], ["group.site_id", "group.group_id"]),
    Index("post_of_group", "site_id", "group_id", "date"),
)

#: A topic, with its first post and the date of its last one.
TOPIC: Final = Table(
    "topic",
    METADATA,
    Column("topic_id", TextColumn, primary_key=True),
    Column("group_id", TextColumn, nullable=False),
    Column("site_id", TextColumn, nullable=False),
    Column("original_subject", TextColumn, nullable=False),
    Column("first_post_id", TextColumn, nullable=False),
    Column("last_post_date", UtcDateTime, nullable=False),
    Column("hidden", UtcDateTime),
    ForeignKeyConstraint(["site_id", "group_id"], ["group.site_id", "group.group_id"]),
    Index("topic_of_subject", "site_id", "group_id", "original_subject", "last_post_date"),
)

#: An e-mail address, unverified without a date; e-mails go to verified and preferred addresses.
USER_EMAIL: Final = Table(
    "user_email",
    METADATA,
    Column("user_id", TextColumn, nullable=False, index=True),
    Column("email", TextColumn, primary_key=True),
    Column("is_preferred", Boolean, nullable=False, default=False),
    Column("verified_date", UtcDateTime),
)
Index("user_email_whatever_its_case", func.lower(USER_EMAIL.c.email), unique=True)

#: An address, in lower case, that a mail server refused permanently, with its reply. Our own.
UNDELIVERABLE_EMAIL: Final = Table(
    "undeliverable_email",
    METADATA,
    Column("email", TextColumn, primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("reply", TextColumn, nullable=False),
)

#: How a member gets the posts of a group, if not one by one: ``digest`` or ``webonly``.
EMAIL_SETTING: Final = Table(
    "email_setting",
    METADATA,
    Column("user_id", TextColumn, primary_key=True),
    Column("site_id", TextColumn, primary_key=True),
    Column("group_id", TextColumn, primary_key=True),
    Column("setting", TextColumn, nullable=False),
)

#: A person who opted out.
PROFILE_NOTIFICATION_SKIP: Final = Table(
    "profile_notification_skip",
    METADATA,
    Column("user_id", TextColumn, primary_key=True),
)

#: The audit trail.
AUDIT_EVENT: Final = Table(
    "audit_event",
    METADATA,
    Column("id", TextColumn, primary_key=True),
    Column("event_date", UtcDateTime, nullable=False),
    Column("subsystem", TextColumn, nullable=False),
    Column("event_code", TextColumn, nullable=False),
    Column("instance_user_id", TextColumn),
    Column("instance_datum", TextColumn),
    Column("supplementary_datum", TextColumn),
    Index("audit_event_of_subsystem", "subsystem", "event_date"),
)

#: A call of the send hook that had a key, with its reply once it is finished. Our own. The worker
#: hands its e-mail over since ``handing``. If the worker ends before the call is finished, it is
#: unknown whether the e-mail was handed over.
IDEMPOTENCY_KEY: Final = Table(
    "idempotency_key",
    METADATA,
    Column("key", TextColumn, primary_key=True),
    Column("fingerprint", TextColumn, nullable=False),
    Column("user_id", TextColumn, nullable=False),
    Column("period", TextColumn, nullable=False),
    Column("worker", TextColumn, nullable=False),
    Column("handing", UtcDateTime),
    Column("finished", UtcDateTime),
    Column("message_id", TextColumn),
    Column("status", Integer, nullable=False),
    Column("message", TextColumn, nullable=False),
)
_OPEN: Final = text("finished IS NULL AND handing IS NOT NULL")
Index(
    "idempotency_key_open",
    IDEMPOTENCY_KEY.c.handing,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)

#: A setting; that of the whole instance has an empty ``site_id`` and ``group_id``.
OPTION: Final = Table(
    "option",
    METADATA,
    Column("component_id", TextColumn, primary_key=True),
    Column("option_id", TextColumn, primary_key=True),
    Column("site_id", TextColumn, primary_key=True, default=""),
    Column("group_id", TextColumn, primary_key=True, default=""),
    Column("value", TextColumn),
)
