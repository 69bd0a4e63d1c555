# SPDX-License-Identifier: MIT
"""The changes of the tables, version by version, for Alembic."""
