# SPDX-License-Identifier: MIT
"""Creates the first tables."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from gs.profile.status.site.store.tables import TextColumn, UtcDateTime

revision: Final = "0001"
down_revision: Final = None


def upgrade() -> None:
    """Create them all."""
    _create_sites()
    _create_people()
    _create_addresses()
    _create_topics()
    _create_posts()
    _create_calls()
    _create_records()


def _create_sites() -> None:
    op.create_table(
        "site",
        sa.Column("site_id", TextColumn(), nullable=False),
        sa.Column("title", TextColumn(), nullable=False),
        sa.Column("url", TextColumn(), nullable=False),
        sa.Column("support_email", TextColumn(), nullable=False),
        sa.Column("news", TextColumn()),
        sa.Column("skipped", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", name=op.f("site_pkey")),
    )
    op.create_table(
        "group",
        sa.Column("site_id", TextColumn(), nullable=False),
        sa.Column("group_id", TextColumn(), nullable=False),
        sa.Column("title", TextColumn(), nullable=False),
        sa.Column("privacy", TextColumn(), nullable=False),
        sa.Column("email", TextColumn(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.site_id"], name=op.f("group_site_id_fkey")),
        sa.PrimaryKeyConstraint("site_id", "group_id", name=op.f("group_pkey")),
    )
    op.create_table(
        "membership",
        sa.Column("user_id", TextColumn(), nullable=False),
        sa.Column("site_id", TextColumn(), nullable=False),
        sa.Column("group_id", TextColumn(), nullable=False),
        sa.Column("role", TextColumn(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.site_id"], name=op.f("membership_site_id_fkey")
        ),
        sa.PrimaryKeyConstraint("user_id", "site_id", "group_id", name=op.f("membership_pkey")),
        sqlite_with_rowid=False,
    )
    op.create_index("membership_of_group", "membership", ["site_id", "group_id", "user_id"])


def _create_people() -> None:
    op.create_table(
        "person",
        sa.Column("user_id", TextColumn(), nullable=False),
        sa.Column("name", TextColumn(), nullable=False),
        sa.Column("biography", TextColumn(), nullable=False),
        sa.Column("photo", TextColumn()),
        sa.Column("language", TextColumn(), nullable=False),
        sa.Column("timezone", TextColumn(), nullable=False),
        sa.Column("logged_in", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("person_pkey")),
    )
    op.create_table(
        "profile_notification_skip",
        sa.Column("user_id", TextColumn(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("profile_notification_skip_pkey")),
    )
    op.create_table(
        "email_setting",
        sa.Column("user_id", TextColumn(), nullable=False),
        sa.Column("site_id", TextColumn(), nullable=False),
        sa.Column("group_id", TextColumn(), nullable=False),
        sa.Column("setting", TextColumn(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "site_id", "group_id", name=op.f("email_setting_pkey")),
    )


def _create_addresses() -> None:
    op.create_table(
        "user_email",
        sa.Column("user_id", TextColumn(), nullable=False),
        sa.Column("email", TextColumn(), nullable=False),
        sa.Column("is_preferred", sa.Boolean(), nullable=False),
        sa.Column("verified_date", UtcDateTime()),
        sa.PrimaryKeyConstraint("email", name=op.f("user_email_pkey")),
    )
    op.create_index(op.f("user_email_user_id_idx"), "user_email", ["user_id"])
    op.create_index(
        "user_email_whatever_its_case", "user_email", [sa.text("lower(email)")], unique=True
    )
    op.create_table(
        "undeliverable_email",
        sa.Column("email", TextColumn(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("reply", TextColumn(), nullable=False),
        sa.PrimaryKeyConstraint("email", name=op.f("undeliverable_email_pkey")),
    )
    op.create_table(
        "group_user_email",
        sa.Column("user_id", TextColumn(), nullable=False),
        sa.Column("site_id", TextColumn(), nullable=False),
        sa.Column("group_id", TextColumn(), nullable=False),
        sa.Column("email", TextColumn(), nullable=False),
        sa.ForeignKeyConstraint(
            ["email"], ["user_email.email"], name=op.f("group_user_email_email_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "user_id", "site_id", "group_id", "email", name=op.f("group_user_email_pkey")
        ),
    )


def _create_topics() -> None:
    op.create_table(
        "topic",
        sa.Column("topic_id", TextColumn(), nullable=False),
        sa.Column("group_id", TextColumn(), nullable=False),
        sa.Column("site_id", TextColumn(), nullable=False),
        sa.Column("original_subject", TextColumn(), nullable=False),
        sa.Column("first_post_id", TextColumn(), nullable=False),
        sa.Column("last_post_id", TextColumn(), nullable=False),
        sa.Column("last_post_date", UtcDateTime(), nullable=False),
        sa.Column("num_posts", sa.Integer(), nullable=False),
        sa.Column("hidden", UtcDateTime()),
        sa.Column("sticky", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["site_id", "group_id"],
            ["group.site_id", "group.group_id"],
            name=op.f("topic_site_id_group_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("topic_id", name=op.f("topic_pkey")),
    )
    op.create_index(
        "topic_of_subject", "topic", ["site_id", "group_id", "original_subject", "last_post_date"]
    )


def _create_posts() -> None:
    op.create_table(
        "post",
        sa.Column("post_id", TextColumn(), nullable=False),
        sa.Column("topic_id", TextColumn(), nullable=False),
        sa.Column("group_id", TextColumn(), nullable=False),
        sa.Column("site_id", TextColumn(), nullable=False),
        sa.Column("user_id", TextColumn(), nullable=False),
        sa.Column("in_reply_to", TextColumn(), nullable=False),
        sa.Column("subject", TextColumn(), nullable=False),
        sa.Column("date", UtcDateTime(), nullable=False),
        sa.Column("body", TextColumn(), nullable=False),
        sa.Column("htmlbody", TextColumn(), nullable=False),
        sa.Column("header", TextColumn(), nullable=False),
        sa.Column("has_attachments", sa.Boolean(), nullable=False),
        sa.Column("hidden", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["site_id", "group_id"],
            ["group.site_id", "group.group_id"],
            name=op.f("post_site_id_group_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.topic_id"], name=op.f("post_topic_id_fkey")),
        sa.PrimaryKeyConstraint("post_id", name=op.f("post_pkey")),
    )
    op.create_index(op.f("post_in_reply_to_idx"), "post", ["in_reply_to"])
    op.create_index("post_of_group", "post", ["site_id", "group_id", "date"])
    op.create_index(op.f("post_topic_id_idx"), "post", ["topic_id"])


def _create_calls() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("key", TextColumn(), nullable=False),
        sa.Column("fingerprint", TextColumn(), nullable=False),
        sa.Column("user_id", TextColumn(), nullable=False),
        sa.Column("period", TextColumn(), nullable=False),
        sa.Column("worker", TextColumn(), nullable=False),
        sa.Column("begun", UtcDateTime(), nullable=False),
        sa.Column("handing", UtcDateTime()),
        sa.Column("finished", UtcDateTime()),
        sa.Column("message_id", TextColumn()),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("message", TextColumn(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("idempotency_key_pkey")),
    )
    op.create_index(
        "idempotency_key_open",
        "idempotency_key",
        ["handing"],
        sqlite_where=sa.text("finished IS NULL AND handing IS NOT NULL"),
        postgresql_where=sa.text("finished IS NULL AND handing IS NOT NULL"),
    )


def _create_records() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", TextColumn(), nullable=False),
        sa.Column("event_date", UtcDateTime(), nullable=False),
        sa.Column("subsystem", TextColumn(), nullable=False),
        sa.Column("event_code", TextColumn(), nullable=False),
        sa.Column("user_id", TextColumn()),
        sa.Column("instance_user_id", TextColumn()),
        sa.Column("site_id", TextColumn()),
        sa.Column("group_id", TextColumn()),
        sa.Column("instance_datum", TextColumn()),
        sa.Column("supplementary_datum", TextColumn()),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_event_pkey")),
    )
    op.create_index("audit_event_of_subsystem", "audit_event", ["subsystem", "event_date"])
    op.create_table(
        "option",
        sa.Column("component_id", TextColumn(), nullable=False),
        sa.Column("option_id", TextColumn(), nullable=False),
        sa.Column("site_id", TextColumn(), nullable=False),
        sa.Column("group_id", TextColumn(), nullable=False),
        sa.Column("value", TextColumn()),
        sa.PrimaryKeyConstraint(
            "component_id", "option_id", "site_id", "group_id", name=op.f("option_pkey")
        ),
    )
