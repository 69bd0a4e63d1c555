# SPDX-License-Identifier: MIT
"""Measures the import of a large mbox file: seconds, and memory above that of an idle process."""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Final

from gs.profile.status.site.ingest.archives import ArchiveImporter, Listeners, find_archives
from gs.profile.status.site.ingest.archives.pseudonyms import Pseudonymizer
from gs.profile.status.site.store.database import open_database
from gs.profile.status.site.store.groups import SiteData, add_site

_MEGABYTE: Final = 1_000_000
_MESSAGE: Final = """\
From p{person}@corp.example  Sun Apr  6 11:55:11 2025
From: Person{person} Family{family} <p{person}@corp.example>
Date: Sun, 06 Apr 2025 11:55:11 +0200
Subject: {reply}[List] Topic {topic}
Message-ID: <{number}@corp.example>
In-Reply-To: <{answered}@corp.example>

{body}

"""


def main() -> int:
    """Import a file of invented messages, and print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200, metavar="N")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "list.mbox")
        number = _write(file, options.megabytes * _MEGABYTE)
        seconds, cpu, mebibytes = _import(file, Path(folder, "site.sqlite3"))
    print(f"{options.megabytes} MB, {number:,} messages: {seconds:.1f} s, {cpu:.1f} s of CPU,")
    print(f"{mebibytes:.1f} MiB above idle")
    return 0


def _write(file: Path, size: int) -> int:
    random = Random(20)  # noqa: S311 - no secret is made of it
    words = [f"word{number}" for number in range(5_000)]
    number = written = 0
    with file.open("w", encoding="utf-8") as stream:
        while written < size:
            number += 1
            lines = (" ".join(random.choices(words, k=9)) for _ in range(random.randint(5, 80)))
            person = random.randrange(3_000)
            written += stream.write(
                _MESSAGE.format(
                    person=person,
                    family=person % 977,
                    reply="Re: " if number % 3 else "",
                    topic=number // 7,
                    number=number,
                    answered=max(0, number - random.randint(1, 50)) if number % 3 else 0,
                    body="\n".join(lines),
                )
            )
    return number


def _import(file: Path, database: Path) -> tuple[float, float, float]:
    engine = open_database(database)
    site = SiteData("s", "S", "https://s.example", "s@s.example")
    with engine.begin() as connection:
        add_site(connection, site)
    idle, began, cpu = _peak(), time.monotonic(), time.process_time()
    importer = ArchiveImporter(engine, site, Pseudonymizer(b"salt"))
    archives = find_archives(file, Listeners(print, print))
    for archive in archives:
        importer.register_senders(archive)
    for archive in archives:
        importer.import_archive(archive)
    engine.dispose()
    return time.monotonic() - began, time.process_time() - cpu, _peak() - idle


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
