# SPDX-License-Identifier: MIT
"""Removes the table and the columns that nothing reads."""

from typing import Final

from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"

_UNREAD: Final = {
    "post": ("htmlbody", "has_attachments"),
    "topic": ("last_post_id", "num_posts", "sticky"),
    "audit_event": ("user_id", "site_id", "group_id"),
    "idempotency_key": ("begun",),
}


def upgrade() -> None:
    """Remove them; SQLite can drop a column since 3.35, the first version with RETURNING."""
    op.drop_table("group_user_email")
    for table, columns in _UNREAD.items():
        for column in columns:
            op.drop_column(table, column)
