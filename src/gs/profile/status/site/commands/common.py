# SPDX-License-Identifier: MIT
"""The site that a command is about: its folder, its settings, its database."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from gs.profile.status.hooks import Period
from gs.profile.status.site.installation import program
from gs.profile.status.site.instance import SiteConfig, find_exposed, is_url
from gs.profile.status.site.instance.folder import SiteFolder
from gs.profile.status.site.store.database import open_database

from .faults import EX_NOINPUT, EX_USAGE, CommandError
from .output import warn


def find_site(path: Path) -> SiteFolder:
    """Return the folder, which has a site; raises :exc:`CommandError`."""
    folder = SiteFolder(path)
    if folder.scaffold.exists():
        raise CommandError(
            f"The site in {path} was not finished: make it once more, with the same command.",
            EX_NOINPUT,
        )
    if not folder.has_site:
        hint = f"make one with: {program('sendprofile-site')} init {folder_option(path)}"
        raise CommandError(f"There is no site in {path}; {hint}", EX_NOINPUT)
    return folder


def read_settings(folder: SiteFolder) -> SiteConfig:
    """Return what is set for the site, and warn of secrets that others can read."""
    config = folder.read_config(os.environ)
    for file in find_exposed(folder.settings):
        warn(f"{file} has a secret in it that others can read; say: chmod o= {quoted(file)}")
    return config


@contextmanager
def site_database(path: Path) -> Iterator[Engine]:
    """Give the database of the site in the folder *path*."""
    engine = open_database(read_settings(find_site(path)).database)
    try:
        yield engine
    finally:
        engine.dispose()


def read_period(text: str | None) -> Period | None:
    """Return the period that an option names, if it does; raises :exc:`CommandError`."""
    try:
        return None if text is None else Period.parse(text)
    except ValueError as error:
        message = f"{text!r} is no month; it is written as YYYY-MM."
        raise CommandError(message, EX_USAGE) from error


def read_url(text: str | None) -> str | None:
    """Return the URL of an option, if there is one, without a slash at its end.

    Raises :exc:`CommandError`.
    """
    if text is not None and not is_url(text):
        message = f"--url: {text!r} is no address such as https://groups.example.org"
        raise CommandError(message, EX_USAGE)
    return text and text.rstrip("/")


def folder_option(path: Path) -> str:
    """Return the option that names the folder, as to be typed."""
    return f"--folder {quoted(path)}"


def quoted(path: Path) -> str:
    """Return *path* as to be typed into a shell."""
    return shlex.quote(str(path))
