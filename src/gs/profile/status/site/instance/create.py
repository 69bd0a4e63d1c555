# SPDX-License-Identifier: MIT
"""Creates a site in a folder, completely or not at all; updates what it says of itself."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gs.profile.status.site.store.database import Connection, Engine, open_database
from gs.profile.status.site.store.groups import (
    GroupKey,
    NewGroup,
    SiteData,
    add_groups,
    add_site,
    find_groups,
    find_sites,
    update_site_data,
)
from gs.profile.status.site.store.options import Option, read_option, write_option
from gs.profile.status.site.text import safe_line

from .folder import SiteFolder, folder_locked
from .gsconfig import new_gsconfig
from .template import new_settings_file

_SECRETS: Final = (Option.TOKEN, Option.LINK_KEY, Option.SALT)
# A new site has these values where its description does not say otherwise.
_SITE_ID: Final = "lists"
_TITLE: Final = "Mailing lists"
_URL: Final = "https://lists.example.org"


class WhichSiteError(Exception):
    """The instance has several sites and none was named, or no site with that name."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a site says of itself; ``None`` leaves a value unchanged.

    *groups* are IDs and titles of groups that the site must have.
    """

    title: str | None = None
    url: str | None = None
    support: str | None = None
    groups: tuple[tuple[str, str], ...] = ()


def create_site(
    folder: SiteFolder,
    fill: Callable[[Connection], None],
    *,
    database: str | None = None,
    secret: bool = False,
) -> Engine:
    """Create a site in *folder* and return its database, which *fill* filled in one transaction.

    The database is a SQLite file in *folder*, or at the URL *database*. The settings get that URL
    unless it is *secret*. If the database has a site already, *folder* joins it and gets its
    token. Raises :exc:`FileExistsError` if another file is in the way, and
    :exc:`~.folder.FolderLockedError`.
    """
    with _unfinished_site(folder) as unfinished:
        if database is None:
            write_private(unfinished.database, "")
        engine = open_database(database or unfinished.database)
        try:
            with engine.begin() as connection:
                token = ensure_secrets(connection)
                fill(connection)
        finally:
            engine.dispose()
        write_private(unfinished.config, new_gsconfig(token))
        write_private(unfinished.settings, new_settings_file(None if secret else database))
    return open_database(database or folder.database)


def update_site(connection: Connection, description: Description) -> SiteData:
    """Change the only site as *description* says, and return it; create it if there is none.

    A group that exists keeps its title. Raises :exc:`WhichSiteError`.
    """
    if not find_sites(connection):
        add_site(connection, _new_site(description))
    before = choose_site(connection)
    site = replace(
        before,
        title=safe_line(description.title) if description.title else before.title,
        url=description.url or before.url,
        support_email=description.support or before.support_email,
    )
    update_site_data(connection, site)
    existing = find_groups(connection)
    add_groups(
        connection,
        [
            NewGroup(key, safe_line(title), site.address_of(key.group_id))
            for group_id, title in description.groups
            if (key := GroupKey(site.site_id, group_id)) not in existing
        ],
    )
    return site


def choose_site(connection: Connection, site_id: str | None = None) -> SiteData:
    """Return the site with that ID, or the only site; raises :exc:`WhichSiteError`."""
    sites = find_sites(connection)
    chosen = [site for site in sites if site_id in {None, site.site_id}]
    if len(chosen) != 1:
        raise WhichSiteError(", ".join(site.site_id for site in sites))
    return chosen[0]


def ensure_secrets(connection: Connection) -> str:
    """Create the secrets that the site lacks; return its token."""
    for option in _SECRETS:
        if read_option(connection, option) is None:
            write_option(connection, option, _new_secret(option))
    return read_option(connection, Option.TOKEN) or ""


def renew_token(connection: Connection) -> str:
    """Replace the token of the site, and return the new one; the old one is refused from now."""
    token = _new_secret(Option.TOKEN)
    write_option(connection, Option.TOKEN, token)
    return token


def write_private(file: Path, text: str) -> None:
    """Write a new *file* that only its owner can read."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(
        descriptor, "w", encoding="utf-8", errors="surrogateescape", newline=""
    ) as stream:
        stream.write(text)
        stream.flush()
        os.fsync(descriptor)


@contextmanager
def _unfinished_site(folder: SiteFolder) -> Iterator[SiteFolder]:
    # While this folder exists there is no site. If the creation is interrupted, the next one
    # starts again, and may replace the files that the first one moved.
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with folder_locked(folder.lock):
        unfinished = SiteFolder(folder.unfinished)
        if not unfinished.path.exists():
            _refuse_other_files(folder)
        shutil.rmtree(unfinished.path, ignore_errors=True)
        unfinished.path.mkdir(mode=0o700)
        yield unfinished
        for file in sorted(unfinished.path.iterdir()):
            file.replace(folder.path / file.name)
        unfinished.path.rmdir()


def _refuse_other_files(folder: SiteFolder) -> None:
    for file in (folder.config, folder.settings, folder.database):
        if file.exists():
            raise FileExistsError(None, "The file exists already", str(file))


def _new_site(description: Description) -> SiteData:
    url = description.url or _URL
    return SiteData(
        site_id=_SITE_ID,
        title=safe_line(description.title or _TITLE),
        url=url,
        support_email=description.support or f"support@{urlsplit(url).hostname}",
    )


def _new_secret(option: Option) -> str:
    # The salt is used as octets, so it is hexadecimal.
    return secrets.token_hex(32) if option is Option.SALT else secrets.token_urlsafe(32)
