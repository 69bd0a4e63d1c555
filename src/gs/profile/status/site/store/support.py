# SPDX-License-Identifier: MIT
"""Where support for the members is."""

from sqlalchemy import Connection, select

from .tables import SITE


def find_support_email(connection: Connection) -> str:
    """Return the support address of the first site, by ID; empty where there is no site."""
    query = select(SITE.c.support_email).order_by(SITE.c.skipped, SITE.c.site_id).limit(1)
    return connection.scalar(query) or ""
