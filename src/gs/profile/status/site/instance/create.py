# SPDX-License-Identifier: MIT
"""Creates a site in a folder, all or nothing, and updates its description."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gs.profile.status.site.store.database import Connection, Engine, open_database
from gs.profile.status.site.store.groups import (
    GroupKey,
    SiteData,
    add_group,
    add_site,
    change_site,
    find_groups,
    find_sites,
)
from gs.profile.status.site.store.options import Option, read_option, write_option
from gs.profile.status.site.text import safe_line

from . import new_settings_file
from .folder import SiteFolder, folder_locked
from .gsconfig import new_gsconfig

_SECRETS = (Option.TOKEN, Option.LINK_KEY, Option.SALT)


def ensure_secrets(connection: Connection) -> str:
    """Make the secrets that the site does not have yet; return its token."""
    for option in _SECRETS:
        if read_option(connection, option) is None:
            write_option(connection, option, _new(option))
    return read_option(connection, Option.TOKEN) or ""


def renew_token(connection: Connection) -> str:
    """Give the site another token, and return it: the one before is worth nothing any more."""
    token = _new(Option.TOKEN)
    write_option(connection, Option.TOKEN, token)
    return token


def _new(option: Option) -> str:
    # The salt is kept in digits, for it is used as octets.
    return secrets.token_hex(32) if option is Option.SALT else secrets.token_urlsafe(32)


_SITE_ID: Final = "lists"
_TITLE: Final = "Mailing lists"
_URL: Final = "https://lists.example.org"


class WhichSiteError(Exception):
    """There are several sites, and none was named; or there is none of the name."""


@dataclass(frozen=True, slots=True)
class Description:
    """What to say of a site, ``None`` where it is left as it is; *groups* are IDs and titles."""

    title: str | None = None
    url: str | None = None
    support: str | None = None
    groups: tuple[tuple[str, str], ...] = ()


def update_site(connection: Connection, description: Description) -> SiteData:
    """Make the only site agree with *description*, and return it.

    Where there is no site yet it is made, with defaults for what is not said. A group that is
    there keeps its title. Raises :exc:`WhichSiteError`.
    """
    if not find_sites(connection):
        add_site(connection, _new_site(description))
    site = choose_site(connection)
    said = {
        "title": description.title and safe_line(description.title),
        "url": description.url,
        "support_email": description.support,
    }
    change_site(connection, site.site_id, {name: text for name, text in said.items() if text})
    there = find_groups(connection)
    for group_id, title in description.groups:
        key = GroupKey(site.site_id, group_id)
        if key not in there:
            add_group(connection, key, safe_line(title), site.address_of(group_id))
    return site


def choose_site(connection: Connection, site_id: str | None = None) -> SiteData:
    """Return the site of that ID, or the only one; raises :exc:`WhichSiteError`."""
    sites = find_sites(connection)
    chosen = [site for site in sites if site_id in {None, site.site_id}]
    if len(chosen) != 1:
        raise WhichSiteError(", ".join(site.site_id for site in sites))
    return chosen[0]


def _new_site(description: Description) -> SiteData:
    url = description.url or _URL
    return SiteData(
        site_id=_SITE_ID,
        title=safe_line(description.title or _TITLE),
        url=url,
        support_email=description.support or f"support@{urlsplit(url).hostname}",
    )


def create_site(
    folder: SiteFolder,
    fill: Callable[[Connection], None],
    *,
    database: str | None = None,
    secret: bool = False,
) -> Engine:
    """Return the database of a new site, which *fill* has filled in the same transaction.

    It is a SQLite file in *folder*, or at the URL *database*, which is written to the settings
    unless it is *secret*. A site that this database has already is joined: the folder gets its
    token. Raises :exc:`FileExistsError` where something is in the way, and
    :exc:`~.holding.FolderLockedError`.
    """
    with _scaffold(folder) as part:
        if database is None:
            write_private(part.database, "")
        engine = open_database(database or part.database)
        try:
            with engine.begin() as connection:
                token = ensure_secrets(connection)
                fill(connection)
        finally:
            engine.dispose()
        write_private(part.config, new_gsconfig(token))
        write_private(part.settings, new_settings_file(None if secret else database))
    return open_database(database or folder.database)


def write_private(file: Path, text: str) -> None:
    """Write a new *file* that its owner alone can read."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(
        descriptor, "w", encoding="utf-8", errors="surrogateescape", newline=""
    ) as stream:
        stream.write(text)
        stream.flush()
        os.fsync(descriptor)


@contextmanager
def _scaffold(folder: SiteFolder) -> Iterator[SiteFolder]:
    # While there is a scaffold, there is no site: a founding that was interrupted is begun anew,
    # and may replace what it left.
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with folder_locked(folder.lock):
        part = SiteFolder(folder.scaffold)
        if not part.path.exists():
            _refuse_others_files(folder)
        shutil.rmtree(part.path, ignore_errors=True)
        part.path.mkdir(mode=0o700)
        yield part
        for made in sorted(part.path.iterdir()):
            made.replace(folder.path / made.name)
        part.path.rmdir()


def _refuse_others_files(folder: SiteFolder) -> None:
    for file in (folder.config, folder.settings, folder.database):
        if file.exists():
            raise FileExistsError(None, "It is there already", str(file))
