# SPDX-License-Identifier: MIT
"""Takes people in from a CSV file, and says what was done or what is wrong."""

from argparse import Namespace
from pathlib import Path

from gs.profile.status.site.app import now
from gs.profile.status.site.ingest.people import (
    ImportCounts,
    InvalidRowsError,
    NotACsvError,
    RowErrors,
    import_people,
)
from gs.profile.status.site.store.database import Engine
from gs.profile.status.site.store.options import IdentityModeError

from .common import EX_DATAERR, EX_USAGE, CommandError, command_errors, say, site_database, warn


def run(options: Namespace) -> None:
    """Take the people in, all or nobody."""
    with command_errors(), site_database(options.folder) as engine:
        try:
            tally = _take(engine, options)
        except NotACsvError as error:
            raise CommandError(f"{options.file}: {error}", EX_DATAERR) from error
        except InvalidRowsError as error:
            _tell_faults(options.file, error.faults)
            count = error.faults.count
            faults = "1 fault" if count == 1 else f"{count:,} faults"
            message = f"{options.file}: {faults}; nothing was taken in."
            raise CommandError(message, EX_DATAERR) from error
        except IdentityModeError as error:
            raise CommandError(
                f"The site in {options.folder} has invented names and addresses: real people want "
                "a site of their own.",
                EX_USAGE,
            ) from error
    for line in tally.lines():
        say(line)
    if options.dry_run:
        say("Nothing was written: that was a dry run.")


def _take(engine: Engine, options: Namespace) -> ImportCounts:
    with options.file.open("rb") as stream:
        return import_people(
            engine, stream, now(), make_groups=options.make_groups, dry_run=options.dry_run
        )


def _tell_faults(file: Path, faults: RowErrors) -> None:
    for line in faults.lines:
        warn(f"{file}, {line}")
    if faults.more:
        warn(f"{file}: {faults.more:,} more")
