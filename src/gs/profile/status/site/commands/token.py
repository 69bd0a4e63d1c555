# SPDX-License-Identifier: MIT
"""Replaces the token of the site, in its database and in the configuration file of the sender."""

import os
from argparse import Namespace
from pathlib import Path

from gs.profile.status.site.instance.create import renew_token, write_private
from gs.profile.status.site.instance.folder import SiteFolder
from gs.profile.status.site.instance.gsconfig import NoTokenError, new_gsconfig, replace_token

from .common import CommandError, command_errors, say, site_database


def run(options: Namespace) -> None:
    """Replace the token; it is not printed."""
    folder = SiteFolder(options.folder)
    with command_errors(), site_database(options.folder) as engine:
        before = _read(folder.config)
        part = folder.config.with_name(f".{folder.config.name}.part")
        part.unlink(missing_ok=True)
        try:
            with engine.begin() as connection:
                _write(part, before, renew_token(connection), folder.config)
            part.replace(folder.config)
        finally:
            part.unlink(missing_ok=True)
    say(f"Replaced the token in {folder.config} and in the database.")
    say("A running site uses it within a second. Replace all copies of the file.")


def _read(file: Path) -> str | None:
    try:
        # Octets that are not UTF-8 stay unchanged.
        return file.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


def _write(part: Path, before: str | None, token: str, file: Path) -> None:
    try:
        text = new_gsconfig(token) if before is None else replace_token(before, token)
    except NoTokenError as error:
        raise CommandError(f"{file}: {error} The token is unchanged.", os.EX_CONFIG) from error
    write_private(part, text)
    if before is not None:
        status = file.stat()
        part.chmod(status.st_mode & 0o777)
        if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(part, status.st_uid, status.st_gid)
