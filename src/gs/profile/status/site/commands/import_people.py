# SPDX-License-Identifier: MIT
"""Imports people from a CSV file, and reports the counts or what is wrong."""

import os
from argparse import Namespace

from gs.profile.status.site.app import now
from gs.profile.status.site.ingest.people import InvalidRowsError, NotACsvError, import_people
from gs.profile.status.site.store.options import IdentityModeError

from .common import CommandError, command_errors, say, site_database, warn


def run(options: Namespace) -> None:
    """Import the people, all or nobody."""
    with command_errors(), site_database(options.folder) as engine:
        try:
            with options.file.open("rb") as stream:
                counts = import_people(
                    engine,
                    stream,
                    now(),
                    make_groups=options.make_groups,
                    dry_run=options.dry_run,
                )
        except NotACsvError as error:
            raise CommandError(f"{options.file}: {error}", os.EX_DATAERR) from error
        except InvalidRowsError as error:
            for line in error.errors.lines:
                warn(f"{options.file}, {line}")
            if error.errors.more:
                warn(f"{options.file}: {error.errors.more:,} more errors")
            count = error.errors.count
            errors = "1 error" if count == 1 else f"{count:,} errors"
            message = (
                f"{options.file}: {errors}; nothing was imported. Correct the file and try again."
            )
            raise CommandError(message, os.EX_DATAERR) from error
        except IdentityModeError as error:
            raise CommandError(
                f"The site in {options.folder} has invented names and addresses, so real people "
                "cannot be imported. Create another site for them, with init.",
                os.EX_USAGE,
            ) from error
    for line in counts.lines():
        say(line)
    if options.dry_run:
        say("Nothing was written: this was a dry run.")
