# SPDX-License-Identifier: MIT
"""Runs the migrations that Alembic chose, in the transaction of the caller."""

from alembic import context

from gs.profile.status.site.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=context.config.attributes["version_table"],
    # SQLite has it, but Alembic assumes that it has not.
    transactional_ddl=True,
)
context.run_migrations()
