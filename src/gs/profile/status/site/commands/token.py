# SPDX-License-Identifier: MIT
"""Gives the site another token, in its database and in the configuration file of the sender."""

import os
from argparse import Namespace
from pathlib import Path

from gs.profile.status.site.instance.create import renew_token, write_private
from gs.profile.status.site.instance.folder import SiteFolder
from gs.profile.status.site.instance.gsconfig import NoTokenError, new_gsconfig, replace_token

from .common import EX_CONFIG, CommandError, command_errors, say, site_database


def run(options: Namespace) -> None:
    """Make the token; it is shown nowhere."""
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
    say(f"A new token is in {folder.config} and in the database.")
    say("A site that runs asks for it within a second; copies of the file elsewhere are void.")


def _read(file: Path) -> str | None:
    try:
        # What is not UTF-8 in it stays as it is.
        return file.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


def _write(part: Path, before: str | None, token: str, file: Path) -> None:
    try:
        text = new_gsconfig(token) if before is None else replace_token(before, token)
    except NoTokenError as error:
        raise CommandError(f"{file}: {error} The token is as it was.", EX_CONFIG) from error
    write_private(part, text)
    if before is not None:
        there = file.stat()
        part.chmod(there.st_mode & 0o777)
        if (there.st_uid, there.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(part, there.st_uid, there.st_gid)
