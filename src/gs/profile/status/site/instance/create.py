# SPDX-License-Identifier: MIT
"""Founds a site in a folder: all of it or nothing."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from gs.profile.status.site.store.database import open_database

from . import new_config
from .credentials import settle_secrets
from .folder import SiteFolder
from .gsconfig import new_gsconfig
from .holding import held


def found(
    folder: SiteFolder,
    fill: Callable[[Connection], None],
    *,
    database: str | None = None,
    secret: bool = False,
) -> Engine:
    """Return the database of a new site, which *fill* has filled in the same transaction.

    It is a SQLite file in *folder*, or at the URL *database*, which is written to the settings
    unless it is *secret*. A site that this database has already is joined: the folder gets its
    token. Raises :exc:`FileExistsError` where something is in the way, and
    :exc:`~.holding.HeldError`.
    """
    with _scaffold(folder) as part:
        if database is None:
            write_private(part.database, "")
        engine = open_database(database or part.database)
        try:
            with engine.begin() as connection:
                token = settle_secrets(connection)
                fill(connection)
        finally:
            engine.dispose()
        write_private(part.config, new_gsconfig(token))
        write_private(part.settings, new_config(None if secret else database))
    return open_database(database or folder.database)


def write_private(file: Path, text: str) -> None:
    """Write a new *file* that its owner alone can read."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(
        descriptor, "w", encoding="utf-8", errors="surrogateescape", newline=""
    ) as stream:
        stream.write(text)
        stream.flush()
        os.fsync(descriptor)


@contextmanager
def _scaffold(folder: SiteFolder) -> Iterator[SiteFolder]:
    # While there is a scaffold, there is no site: a founding that was interrupted is begun anew,
    # and may replace what it left.
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with held(folder.lock):
        part = SiteFolder(folder.scaffold)
        if not part.path.exists():
            _refuse_others_files(folder)
        shutil.rmtree(part.path, ignore_errors=True)
        part.path.mkdir(mode=0o700)
        yield part
        for made in sorted(part.path.iterdir()):
            made.replace(folder.path / made.name)
        part.path.rmdir()


def _refuse_others_files(folder: SiteFolder) -> None:
    for file in (folder.config, folder.settings, folder.database):
        if file.exists():
            raise FileExistsError(None, "It is there already", str(file))
