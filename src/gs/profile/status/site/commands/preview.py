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
    CommandError,
    command_errors,
    find_site_folder,
    load_settings,
    read_period,
    say,
)


def run(options: Namespace) -> None:
    """Write the files; nobody is mailed, and the database is not changed."""
    with command_errors():
        folder = find_site_folder(options.folder)
        settings = load_settings(folder)
        planned = plan_notification(settings, options.id, read_period(options.period))
        if planned.status == Status.NO_SUCH_MEMBER:
            raise CommandError(f"{planned.message}.", os.EX_NOUSER)
        if planned.mail is None:
            say(f"{planned.message}.")
            return
        files = _write(planned.mail.octets(eight_bit=False), options.to)
    say(f"as e-mail     {files.eml}")
    say(f"as text       {files.text}")
    say(f"as HTML       {files.html}")
    say(f"all of it     {files.page}, in a browser")


def _write(octets: bytes, folder: Path) -> Preview:
    # Only for the owner: anybody with the links of a member can turn the summary off.
    before = os.umask(0o077)
    try:
        files = preview.write(octets, folder)
    finally:
        os.umask(before)
    for file in (files.eml, files.text, files.html, files.page):
        file.chmod(0o600)  # a file that existed has kept its mode
    return files
