# SPDX-License-Identifier: MIT
"""Writes the notification of a member into files, or says why there is none."""

import os
from argparse import Namespace
from pathlib import Path

from gs.profile.status.hooks import Status
from gs.profile.status.site.app import plan_notification
from gs.profile.status.site.notification import preview
from gs.profile.status.site.notification.preview import Preview

from .common import (
    EX_NOUSER,
    CommandError,
    command_errors,
    find_site_folder,
    load_settings,
    read_period,
    say,
)


def run(options: Namespace) -> None:
    """Write it; nobody is mailed, and nothing is written down in the database."""
    with command_errors():
        folder = find_site_folder(options.folder)
        config = load_settings(folder)
        looked = plan_notification(config, options.id, read_period(options.period))
        if looked.status == Status.NO_SUCH_MEMBER:
            raise CommandError(f"{looked.message}.", EX_NOUSER)
        if looked.mail is None:
            say(f"{looked.message}.")
            return
        made = _write(looked.mail.octets(eight_bit=False), options.to)
    say(f"as e-mail     {made.eml}")
    say(f"as text       {made.text}")
    say(f"as HTML       {made.html}")
    say(f"all of it     {made.page}, in a browser")


def _write(octets: bytes, folder: Path) -> Preview:
    # For the owner alone: whoever has the links of a member can turn the summary off.
    before = os.umask(0o077)
    try:
        made = preview.write(octets, folder)
    finally:
        os.umask(before)
    for file in (made.eml, made.text, made.html, made.page):
        file.chmod(0o600)  # one that was there already has kept its mode
    return made
