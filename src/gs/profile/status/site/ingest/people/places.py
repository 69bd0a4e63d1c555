# SPDX-License-Identifier: MIT
"""Finds out which groups a row means, and makes those that may be made."""

from sqlalchemy import Connection

from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.sites import SiteData, add_group, find_groups, find_sites

from .faults import shown


class NoPlaceError(Exception):
    """There is no such group or site; the message says what to do."""


class Places:
    """The sites and groups of the instance."""

    def __init__(self, connection: Connection, *, make_groups: bool) -> None:
        self._connection = connection
        self._make_groups = make_groups
        self._sites: dict[str, SiteData] = {one.site_id: one for one in find_sites(connection)}
        self._groups = find_groups(connection)
        self.made: list[str] = []

    def find(self, text: str) -> GroupKey:
        """Return the place that *text* means; raises :exc:`NoPlaceError`."""
        site_id, slash, group_id = text.rpartition("/")
        if not slash:
            only = self.only_site()
            if only is None:
                raise NoPlaceError(f"{shown(text)}: there are several sites; write SITE/GROUP")
            site_id = only.site_id
        if site_id not in self._sites:
            raise NoPlaceError(f"{shown(text)}: there is no such site")
        key = GroupKey(site_id, group_id)
        if group_id and key not in self._groups:
            self._make(key, text)
        return key

    def only_site(self) -> GroupKey | None:
        """Return the site, where there is one alone."""
        sites = list(self._sites)
        return GroupKey(sites[0], "") if len(sites) == 1 else None

    def _make(self, key: GroupKey, text: str) -> None:
        if not self._make_groups:
            raise NoPlaceError(
                f"{shown(text)}: there is no such group; make it with --make-groups"
            )
        email = self._sites[key.site_id].address_of(key.group_id)
        add_group(self._connection, key, key.group_id, email)
        self._groups.add(key)
        self.made.append(text)
