# SPDX-License-Identifier: MIT
"""Takes people in from a CSV file, and says what was done or what is wrong."""

from argparse import Namespace
from pathlib import Path

from sqlalchemy import Engine

from gs.profile.status.site.app import now
from gs.profile.status.site.ingest.people import (
    Faults,
    NotACsvError,
    Tally,
    WrongLinesError,
    take_people,
)
from gs.profile.status.site.store.options import MixedError

from .common import EX_DATAERR, EX_USAGE, CommandError, faults_told, say, site_database, warn


def run(options: Namespace) -> None:
    """Take the people in, all or nobody."""
    with faults_told(), site_database(options.folder) as engine:
        try:
            tally = _take(engine, options)
        except NotACsvError as error:
            raise CommandError(f"{options.file}: {error}", EX_DATAERR) from error
        except WrongLinesError as error:
            _tell_faults(options.file, error.faults)
            count = error.faults.count
            faults = "1 fault" if count == 1 else f"{count:,} faults"
            message = f"{options.file}: {faults}; nothing was taken in."
            raise CommandError(message, EX_DATAERR) from error
        except MixedError as error:
            raise CommandError(
                f"The site in {options.folder} has invented names and addresses: real people want "
                "a site of their own.",
                EX_USAGE,
            ) from error
    for line in tally.lines():
        say(line)
    if options.dry_run:
        say("Nothing was written: that was a dry run.")


def _take(engine: Engine, options: Namespace) -> Tally:
    with options.file.open("rb") as stream:
        return take_people(
            engine, stream, now(), make_groups=options.make_groups, dry_run=options.dry_run
        )


def _tell_faults(file: Path, faults: Faults) -> None:
    for line in faults.lines:
        warn(f"{file}, {line}")
    if faults.more:
        warn(f"{file}: {faults.more:,} more")
