# SPDX-License-Identifier: MIT
"""Imports the archives of mailing lists into a site, which is created if there is none."""

import os
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from gs.profile.status.site.app import now
from gs.profile.status.site.ingest.archives import (
    Archive,
    Findings,
    Listeners,
    NoArchiveError,
    find_archives,
)
from gs.profile.status.site.ingest.archives.importer import find_site, fix_period, import_archives
from gs.profile.status.site.installation import program
from gs.profile.status.site.instance import DATABASE_VARIABLE
from gs.profile.status.site.instance.create import WhichSiteError, create_site
from gs.profile.status.site.instance.folder import SiteFolder
from gs.profile.status.site.store.database import Engine, open_database
from gs.profile.status.site.store.options import IdentityMode, IdentityModeError

from .common import CommandError, command_errors, folder_option, load_settings, say, warn


def run(options: Namespace) -> None:
    """Import the archives, and report what was found."""
    with command_errors():
        folder = SiteFolder(options.folder)
        is_new = not folder.has_site
        broken = import_folder(
            folder,
            options.data,
            lambda: _open(folder),
            keep_addresses=options.keep_addresses,
            site_id=options.site,
        )
        say(f"\nThe site is in {folder.path.resolve()}. To serve it:\n")
        say(f"    {program('sendprofile-site')} serve {folder_option(folder.path)}")
        if is_new and options.keep_addresses:
            warn(
                f"{folder.path} had no site, so a new one was created. Its URL and the links in "
                "its e-mails are examples; use init to create a site with your own URL."
            )
        if broken:
            raise CommandError(
                f"{broken} of the files could not be imported, as said above; the others were. "
                "Repair or remove them, and import again before the e-mails of the month: their "
                "posts are missing.",
                os.EX_DATAERR,
            )


def import_folder(
    folder: SiteFolder,
    data: Path,
    open_site: Callable[[], Engine],
    *,
    keep_addresses: bool,
    site_id: str | None = None,
) -> int:
    """Import the archives in *data* into the site in *folder*; *open_site* opens its database.

    Return how many files are archives by their names, but could not be imported.
    """
    broken: list[str] = []
    try:
        archives = find_archives(data, Listeners(not_archive=say, broken=broken.append))
    except (NoArchiveError, FileNotFoundError, NotADirectoryError) as error:
        raise CommandError(f"{data}: there is no archive to import.", os.EX_NOINPUT) from error
    finally:
        for line in broken:
            warn(line)
    engine = open_site()
    title = data.resolve().name or "Mailing lists"
    try:
        site = find_site(engine, title, site_id)
        import_archives(engine, site, archives, _report, keep_addresses=keep_addresses)
        fixed = fix_period(engine, now())
    except IdentityModeError as error:
        raise CommandError(_other_mode(error.mode, folder.path), os.EX_USAGE) from error
    except WhichSiteError as error:
        message = f"The database has several sites; choose one with --site: {error}."
        raise CommandError(message, os.EX_USAGE) from error
    finally:
        engine.dispose()
    if fixed:
        say(f"\nThe archives have ended, so the site reports on {fixed}, their last active month.")
        say(f"Run sendprofile with --period {fixed}: its default is the month before today.")
    return len(broken)


def _open(folder: SiteFolder) -> Engine:
    if folder.has_site:
        return open_database(load_settings(folder).database)
    database = os.environ.get(DATABASE_VARIABLE)
    return create_site(folder, lambda _connection: None, database=database, secret=True)


def _report(archive: Archive, findings: Findings) -> None:
    is_same = archive.title.casefold() == archive.group_id
    name = archive.title if is_same else f"{archive.title} ({archive.group_id})"
    say(f"{name}: {findings.messages:,} messages, {findings.new:,} new")
    for line in findings.lines():
        say(f"    {line}")


def _other_mode(mode: IdentityMode, path: Path) -> str:
    match mode:
        case IdentityMode.INVENTED:
            return (
                f"The site in {path} has invented names and addresses; leave out "
                "--keep-addresses, or name a new --folder."
            )
        case IdentityMode.KEPT:
            return f"The site in {path} has real names and addresses; add --keep-addresses."
