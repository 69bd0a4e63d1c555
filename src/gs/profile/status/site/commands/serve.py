# SPDX-License-Identifier: MIT
"""Serves the site of a folder, and says how to send to its members."""

import json
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Final

from gs.profile.status.hooks import Period
from gs.profile.status.site.app import OpenSite, now, open_site
from gs.profile.status.site.delivery.connection import AuthoritiesError
from gs.profile.status.site.installation import program
from gs.profile.status.site.instance import SiteSettings
from gs.profile.status.site.instance.folder import FolderLockedError, SiteFolder, lock_folder
from gs.profile.status.site.logs import set_up_log
from gs.profile.status.site.web.server import Service, serve
from gs.profile.status.site.web.sockets import CannotListenError

from .common import (
    EX_CONFIG,
    EX_UNAVAILABLE,
    EX_USAGE,
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
A site of {members} members, which reports on {period}.

URL            {url}
configuration  {config}
mails          {mails}
{trial}
To mail everybody, from another terminal:

    {program} -v -c {quoted} {ledger}{fixed}{url}

Control-C stops the site."""
_TRIAL: Final = """
This is a trial: the e-mails go into {maildir}. Its ledger is its own,
so that everybody is still to be mailed when it is over.
"""


def run(options: Namespace) -> None:
    """Serve the site until a signal ends it."""
    with command_errors():
        folder = find_site_folder(options.folder)
        config = with_options(load_settings(folder), options)
        serve_folder(folder, config, options.ready_file, read_period(options.period))


def with_options(config: SiteSettings, options: Namespace) -> SiteSettings:
    """Return *config* as the options of the command have it."""
    url = read_url(options.url)
    names = ("host", "port", "unix", "log_format", "log_level")
    given = {name: value for name in names if (value := getattr(options, name)) is not None}
    if given.keys() & {"host", "port"}:
        if "unix" in given:
            raise CommandError("--unix is instead of --host and --port.", EX_USAGE)
        given["unix"] = None
    service = replace(config.service, **given)
    return replace(config, url=url or config.url, service=service)


def serve_folder(
    folder: SiteFolder, config: SiteSettings, ready_file: Path | None, period: Period | None
) -> None:
    """Serve the site in *folder* as *config* says; *ready_file* is written when it listens."""
    if ready_file:
        part_of(ready_file).write_text("", "utf-8")  # what is wrong with its path is told now
    service = config.service
    set_up_log(sys.stderr, service.log_level, service.log_format)
    try:
        if not config.many_processes:
            lock_folder(folder.lock)
        site = open_site(folder, config, period)
        serve(
            site.app,
            service.host,
            service.port,
            lambda url: _announce(folder, config, site, url, ready_file),
            Service(unix=service.unix, stopping=site.stopping),
        )
    except FolderLockedError as error:
        message = f"Another sendprofile-site serves {folder.path}; stop it first."
        raise CommandError(message, EX_UNAVAILABLE) from error
    except AuthoritiesError as error:
        raise CommandError(f"{folder.settings}: [mail] {error}.", EX_CONFIG) from error
    except CannotListenError as error:
        other = "--unix" if service.unix else "--port"
        raise CommandError(f"{error}; choose another with {other}.", EX_UNAVAILABLE) from error


def _announce(
    folder: SiteFolder, config: SiteSettings, site: OpenSite, url: str, ready_file: Path | None
) -> None:
    if config.service.unix:  # what sendprofile reaches is the web server in front
        url = config.url or "https://YOUR.SITE"
    said = {
        "url": url,
        "config": str(folder.config.resolve()),
        "maildir": str(folder.maildir.resolve()) if config.mail is None else None,
        "period": str(site.period),
        "members": site.members,
    }
    mails = said["maildir"] or f"the mail server {config.mail and config.mail.host}"
    # The sender names the month, and would name the last one.
    fixed = "" if site.period == Period.of(now().date()).before() else f"--period {site.period} "
    trial, ledger = "", ""
    if config.mail is None:
        trial = _TRIAL.format(**said)
        ledger = f"--ledger {quoted(folder.trial_ledger.resolve())} "
    shown = {"mails": mails, "trial": trial, "ledger": ledger, "fixed": fixed}
    typed = {"program": program("sendprofile"), "quoted": quoted(folder.config.resolve())}
    say(_SERVED.format(**said, **shown, **typed))
    warn_of_host(config.service)
    warn_of_url(config.url)
    if ready_file:
        write_at_once(ready_file, json.dumps(said))
