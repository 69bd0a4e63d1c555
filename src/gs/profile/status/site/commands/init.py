# SPDX-License-Identifier: MIT
"""Creates an empty site, and says what to do next."""

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
    CommandError,
    command_errors,
    folder_option,
    quoted,
    read_url,
    say,
    warn_of_url,
)

_GROUP: Final = re.compile(r"([a-z0-9][a-z0-9._-]{0,62})=(.*\S.*)", re.IGNORECASE)
_CREATED: Final = """\
{site}
The settings are in site.toml and the token in gsconfig.ini, both in {path}.

What comes next:

    {site_program} import-people PEOPLE.csv {folder}
    {site_program} import-mbox ARCHIVES --keep-addresses {folder}
    {site_program} preview ID {folder}
    {site_program} serve --port 8080 {folder}
    {program} -v -c {config} --ledger {ledger} http://127.0.0.1:8080/

This is a trial: the e-mails go into {maildir} until site.toml names a mail server. The trial
has a ledger of its own, so that all members are mailed when it is over."""
_NO_URL: Final = """
Without --url, the URL of the site and the links in its e-mails are examples."""


def run(options: Namespace) -> None:
    """Create the site."""
    description = _description(options)
    secret = os.environ.get(DATABASE_VARIABLE) or None if options.database is None else None
    database = options.database or secret
    if database is not None and not is_database(database):
        message = "The URL of the database must be postgresql://USER@HOST/NAME."
        raise CommandError(message, os.EX_USAGE)
    if options.database and has_password(options.database):
        raise CommandError(
            "--database: leave out the password: other users can see it in the list of processes, "
            "and site.toml would keep it. Put it into ~/.pgpass, or the whole URL into "
            f"{DATABASE_VARIABLE} in the environment.",
            os.EX_USAGE,
        )
    with command_errors():
        folder = SiteFolder(options.folder)
        if folder.has_site:
            raise CommandError(
                f"{folder.path} has a site already, which is unchanged. To create another site, "
                "or one with another database, name another --folder.",
                os.EX_CANTCREAT,
            )
        joined = _create(folder, description, database, secret=secret is not None)
    _report(folder, joined, no_url=options.url is None)
    warn_of_url(description.url)


def _description(options: Namespace) -> Description:
    support = options.support
    if support is not None:
        try:
            parse_new_address(support)
        except AddressError as error:
            message = f"--support: {support!r} is not an e-mail address: {error}."
            raise CommandError(message, os.EX_USAGE) from error
    if support is not None and not support.partition("@")[0].isascii():
        raise CommandError(
            "--support: only ASCII is allowed before the @: few mail servers accept an e-mail "
            "from another address.",
            os.EX_USAGE,
        )
    groups = tuple(map(_group, options.group))
    if len(dict(groups)) < len(groups):
        raise CommandError("--group: an ID is given twice.", os.EX_USAGE)
    return Description(
        title=options.title, url=read_url(options.url), support=support, groups=groups
    )


def _group(text: str) -> tuple[str, str]:
    group = _GROUP.fullmatch(text)
    if group is None:
        raise CommandError(
            f"--group: {text!r} is not of the form ID=TITLE, with an ID of letters and digits, "
            "dots and hyphens.",
            os.EX_USAGE,
        )
    return group[1], group[2]


def _create(
    folder: SiteFolder, description: Description, database: str | None, *, secret: bool
) -> Sequence[SiteData]:
    """Create the site; return the sites that the database had already, as they are now."""
    joined: list[SiteData] = []

    def fill(connection: Connection) -> None:
        exists = bool(find_sites(connection))
        # A site that exists is unchanged if the options do not describe it.
        if description != Description() or not exists:
            update_site(connection, description)
        joined.extend(find_sites(connection) if exists else ())

    try:
        create_site(folder, fill, database=database, secret=secret).dispose()
    except WhichSiteError as error:
        message = (
            f"The database has several sites: {error}. Leave out the options that describe one."
        )
        raise CommandError(message, os.EX_USAGE) from error
    return joined


def _report(folder: SiteFolder, joined: Sequence[SiteData], *, no_url: bool) -> None:
    names = ", and ".join(f"the site {site.title} at {site.url}" for site in joined)
    text = _CREATED.format(
        program=program("sendprofile"),
        site_program=program("sendprofile-site"),
        site=f"Joined {names}." if joined else "Created a site.",
        path=folder.path.resolve(),
        folder=folder_option(folder.path),
        config=quoted(folder.config.resolve()),
        ledger=quoted(folder.trial_ledger.resolve()),
        maildir=folder.maildir.resolve(),
    )
    say(text + _NO_URL if no_url and not joined else text)
