# SPDX-License-Identifier: MIT
"""Makes a site that has nothing in it yet, and says what to do next."""

import os
import re
from argparse import Namespace
from collections.abc import Sequence
from typing import Final

from gs.profile.status.site.addresses import AddressError, parse_new_address
from gs.profile.status.site.installation import program
from gs.profile.status.site.instance import DATABASE_VARIABLE, has_password, is_database
from gs.profile.status.site.instance.create import (
    Description,
    WhichSiteError,
    create_site,
    update_site,
)
from gs.profile.status.site.instance.folder import SiteFolder
from gs.profile.status.site.store.database import Connection
from gs.profile.status.site.store.groups import SiteData, find_sites

from .common import (
    EX_CANTCREAT,
    EX_USAGE,
    CommandError,
    command_errors,
    folder_option,
    quoted,
    read_url,
    say,
    warn_of_url,
)

_GROUP: Final = re.compile(r"([a-z0-9][a-z0-9._-]{0,62})=(.*\S.*)", re.IGNORECASE)
_MADE: Final = """\
{site}
The folder {path} has its settings in site.toml, the token in gsconfig.ini.

What comes next:

    {site_program} import-people PEOPLE.csv {folder}
    {site_program} import-mbox ARCHIVES --keep-addresses {folder}
    {site_program} preview ID {folder}
    {site_program} serve --port 8080 {folder}
    {program} -v -c {config} --ledger {ledger} http://127.0.0.1:8080/

This is a trial: the e-mails go into {maildir} until site.toml names a mail server. The
ledger is one of the trial's own, so that everybody is still to be mailed when it is over."""
_NO_URL: Final = """
Without --url its address is that of an example, and so are the links in its e-mails."""
_PASSWORD: Final = (
    "--database: leave the password out, for the list of processes shows it, and site.toml keeps "
    f"it. Put it into ~/.pgpass, or the whole URL into {DATABASE_VARIABLE} in the environment."
)

_THERE: Final = (
    "{path} has a site already, which is left as it is. For another one, or one with another "
    "database, name another --folder."
)
_NOT_ASCII: Final = (
    "--support: only ASCII may stand before the @, for few mail servers take a letter from "
    "another address."
)


def run(options: Namespace) -> None:
    """Make the site."""
    description = _description(options)
    over = os.environ.get(DATABASE_VARIABLE) if options.database is None else None
    database = options.database or over or None
    if database is not None and not is_database(database):
        raise CommandError("The database is written as postgresql://USER@HOST/NAME.", EX_USAGE)
    if options.database and has_password(options.database):
        raise CommandError(_PASSWORD, EX_USAGE)
    with command_errors():
        folder = SiteFolder(options.folder)
        if folder.has_site:
            raise CommandError(_THERE.format(path=folder.path), EX_CANTCREAT)
        joined = _found(folder, description, database, secret=over is not None)
    _tell(folder, joined, no_url=options.url is None)
    warn_of_url(description.url)


def _tell(folder: SiteFolder, joined: Sequence[SiteData], *, no_url: bool) -> None:
    names = ", and ".join(f"the site {site.title} at {site.url}" for site in joined)
    said = _MADE.format(
        program=program("sendprofile"),
        site_program=program("sendprofile-site"),
        site=f"Joined {names}." if joined else "Made a site.",
        path=folder.path.resolve(),
        folder=folder_option(folder.path),
        config=quoted(folder.config.resolve()),
        ledger=quoted(folder.trial_ledger.resolve()),
        maildir=folder.maildir.resolve(),
    )
    say(said if joined or not no_url else said + _NO_URL)


def _found(
    folder: SiteFolder, description: Description, database: str | None, *, secret: bool
) -> Sequence[SiteData]:
    # Returns the sites that the database had already, as they are now.
    joined: list[SiteData] = []
    try:
        create_site(
            folder,
            lambda connection: joined.extend(_describe(connection, description)),
            database=database,
            secret=secret,
        ).dispose()
    except WhichSiteError as error:
        message = f"The database has several sites: {error}. Leave out what describes one."
        raise CommandError(message, EX_USAGE) from error
    return joined


def _describe(connection: Connection, description: Description) -> Sequence[SiteData]:
    # A site that is joined is left as it is where nothing is said of it.
    there = bool(find_sites(connection))
    if description != Description() or not there:
        update_site(connection, description)
    return find_sites(connection) if there else ()


def _description(options: Namespace) -> Description:
    if options.support is not None:
        try:
            parse_new_address(options.support)
        except AddressError as error:
            message = f"--support: {options.support!r} is no e-mail address: {error}."
            raise CommandError(message, EX_USAGE) from error
    if options.support is not None and not options.support.partition("@")[0].isascii():
        raise CommandError(_NOT_ASCII, EX_USAGE)
    groups = tuple(map(_group, options.group))
    if len(dict(groups)) < len(groups):
        raise CommandError("--group: an ID is there twice.", EX_USAGE)
    return Description(
        title=options.title, url=read_url(options.url), support=options.support, groups=groups
    )


def _group(text: str) -> tuple[str, str]:
    found = _GROUP.fullmatch(text)
    if found is None:
        raise CommandError(
            f"--group: {text!r} is not of the form ID=TITLE, with an ID of letters and digits, "
            "dots and hyphens.",
            EX_USAGE,
        )
    return found[1], found[2]
