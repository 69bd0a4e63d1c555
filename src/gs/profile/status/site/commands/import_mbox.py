# SPDX-License-Identifier: MIT
"""Takes the archives of mailing lists in to a site, which is made if there is none."""

import os
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Final

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
from gs.profile.status.site.store.options import INVENTED, IdentityModeError

from .common import (
    EX_DATAERR,
    EX_NOINPUT,
    EX_USAGE,
    CommandError,
    command_errors,
    folder_option,
    load_settings,
    say,
    warn,
)

_NEW: Final = (
    "{path} had no site, and a new one was made. Its address is that of an example, and so are "
    "the links in its e-mails: init makes one with yours"
)
_LEFT_OUT: Final = (
    "{count} left out, as said above; the others were taken in. Mend or remove what was left out, "
    "and call again before the mails of the month: those posts are missing."
)


def run(options: Namespace) -> None:
    """Take the archives in, and say what was found."""
    with command_errors():
        folder = SiteFolder(options.folder)
        is_new = not folder.has_site
        broken = fill(
            folder,
            options.data,
            lambda: _opened(folder),
            keep_addresses=options.keep_addresses,
            site_id=options.site,
        )
        say(f"\nThe site is in {folder.path.resolve()}. To serve it:\n")
        say(f"    {program('sendprofile-site')} serve {folder_option(folder.path)}")
        if is_new and options.keep_addresses:
            warn(_NEW.format(path=folder.path))
        if broken:
            raise CommandError(_LEFT_OUT.format(count=broken), EX_DATAERR)


def fill(
    folder: SiteFolder,
    data: Path,
    opened: Callable[[], Engine],
    *,
    keep_addresses: bool,
    site_id: str | None = None,
) -> int:
    """Take the archives in *data* in to the site in *folder*, whose database *opened* returns.

    Return how many files were left out that are meant to be archives.
    """
    broken: list[str] = []
    try:
        archives = find_archives(data, Listeners(other=say, broken=broken.append))
    except (NoArchiveError, FileNotFoundError, NotADirectoryError) as error:
        raise CommandError(f"{data}: there is no mbox file to take in.", EX_NOINPUT) from error
    finally:
        for line in broken:
            warn(line)
    engine = opened()
    title = data.resolve().name or "Mailing lists"
    try:
        site = find_site(engine, title, site_id)
        import_archives(engine, site, archives, _tell, keep_addresses=keep_addresses)
        fixed = fix_period(engine, now())
    except IdentityModeError as error:
        raise CommandError(_mixed(str(error), folder.path), EX_USAGE) from error
    except WhichSiteError as error:
        raise CommandError(f"Choose one of the sites with --site: {error}.", EX_USAGE) from error
    finally:
        engine.dispose()
    if fixed:
        say(f"\nThe archives have ended. The site reports on {fixed}, their last lively month:")
        say(f"for sendprofile add --period {fixed}, or it asks for the month before today.")
    return len(broken)


def _opened(folder: SiteFolder) -> Engine:
    if folder.has_site:
        return open_database(load_settings(folder).database)
    database = os.environ.get(DATABASE_VARIABLE)
    return create_site(folder, lambda _connection: None, database=database, secret=True)


def _tell(archive: Archive, findings: Findings) -> None:
    is_same = archive.title.casefold() == archive.group_id
    name = archive.title if is_same else f"{archive.title} ({archive.group_id})"
    say(f"{name}: {findings.messages:,} messages, {findings.new:,} new")
    for line in findings.lines():
        say(f"    {line}")


def _mixed(disguise: str, path: Path) -> str:
    if disguise == INVENTED:
        return (
            f"The site in {path} has invented names and addresses: leave out --keep-addresses, or "
            "name a new --folder."
        )
    return f"The site in {path} has real names and addresses: add --keep-addresses."
