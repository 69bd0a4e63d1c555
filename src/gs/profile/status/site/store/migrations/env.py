# SPDX-License-Identifier: MIT
"""Runs the migrations that Alembic has chosen, in the transaction of whoever asked for them."""

from alembic import context

from gs.profile.status.site.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=context.config.attributes["version_table"],
    # SQLite can, and Alembic does not expect it to.
    transactional_ddl=True,
)
context.run_migrations()
