# SPDX-License-Identifier: MIT
"""Serves the site in a folder, and says how to send to its members."""

import json
import os
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Final

from gs.profile.status.hooks import Period
from gs.profile.status.site.app import OpenSite, now, open_site
from gs.profile.status.site.delivery.pool import AuthoritiesError
from gs.profile.status.site.installation import program
from gs.profile.status.site.instance import SiteSettings
from gs.profile.status.site.instance.folder import FolderLockedError, SiteFolder, lock_folder
from gs.profile.status.site.logs import set_up_log
from gs.profile.status.site.web.server import Service, serve
from gs.profile.status.site.web.sockets import CannotListenError

from .common import (
    CommandError,
    command_errors,
    find_site_folder,
    load_settings,
    part_of,
    quoted,
    read_period,
    read_url,
    say,
    warn_of_host,
    warn_of_url,
    write_at_once,
)

_SERVED: Final = """\
The site has {members} members and reports on {period}.

URL            {url}
configuration  {config}
mails          {mails}
{trial}
To mail all members, run in another terminal:

    {program} -v -c {quoted} {ledger}{fixed}{url}

Control-C stops the site."""
_TRIAL: Final = """
This is a trial: the e-mails go into {maildir}. It has a ledger of its own,
so that all members are mailed when it is over.
"""


def run(options: Namespace) -> None:
    """Serve the site until a signal stops it."""
    with command_errors():
        folder = find_site_folder(options.folder)
        settings = with_options(load_settings(folder), options)
        serve_folder(folder, settings, options.ready_file, read_period(options.period))


def with_options(settings: SiteSettings, options: Namespace) -> SiteSettings:
    """Return the settings with those of the *options* that are given."""
    url = read_url(options.url)
    names = ("host", "port", "unix", "log_format", "log_level")
    given = {name: value for name in names if (value := getattr(options, name)) is not None}
    if given.keys() & {"host", "port"}:
        if "unix" in given:
            raise CommandError("Give --unix, or --host and --port, not both.", os.EX_USAGE)
        given["unix"] = None
    service = replace(settings.service, **given)
    return replace(settings, url=url or settings.url, service=service)


def serve_folder(
    folder: SiteFolder, settings: SiteSettings, ready_file: Path | None, period: Period | None
) -> None:
    """Serve the site in *folder*; *ready_file* is written when it listens."""
    if ready_file:
        part_of(ready_file).write_text("", "utf-8")  # an error of its path is reported now
    service = settings.service
    set_up_log(sys.stderr, service.log_level, service.log_format)
    try:
        if not settings.many_processes:
            lock_folder(folder.lock)
        site = open_site(folder, settings, period)
        serve(
            site.app,
            service.host,
            service.port,
            lambda url: _announce(folder, settings, site, url, ready_file),
            Service(unix=service.unix, stopping=site.stopping),
        )
    except FolderLockedError as error:
        message = f"Another sendprofile-site serves {folder.path}; stop it first."
        raise CommandError(message, os.EX_UNAVAILABLE) from error
    except AuthoritiesError as error:
        raise CommandError(f"{folder.settings}: [mail] {error}.", os.EX_CONFIG) from error
    except CannotListenError as error:
        other = "--unix" if service.unix else "--port"
        raise CommandError(f"{error}; choose another with {other}.", os.EX_UNAVAILABLE) from error


def _announce(
    folder: SiteFolder, settings: SiteSettings, site: OpenSite, url: str, ready_file: Path | None
) -> None:
    if settings.service.unix:  # sendprofile reaches the web server in front
        url = settings.url or "https://YOUR.SITE"
    values = {
        "url": url,
        "config": str(folder.config.resolve()),
        "maildir": str(folder.maildir.resolve()) if settings.mail is None else None,
        "period": str(site.period),
        "members": site.members,
    }
    mails = values["maildir"] or f"the mail server {settings.mail and settings.mail.host}"
    # The sender sends the month with each call, and its default is the month before today.
    fixed = "" if site.period == Period.of(now().date()).before() else f"--period {site.period} "
    trial, ledger = "", ""
    if settings.mail is None:
        trial = _TRIAL.format(**values)
        ledger = f"--ledger {quoted(folder.trial_ledger.resolve())} "
    shown = {"mails": mails, "trial": trial, "ledger": ledger, "fixed": fixed}
    typed = {"program": program("sendprofile"), "quoted": quoted(folder.config.resolve())}
    say(_SERVED.format(**values, **shown, **typed))
    warn_of_host(settings.service)
    warn_of_url(settings.url)
    if ready_file:
        write_at_once(ready_file, json.dumps(values))
