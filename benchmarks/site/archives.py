# SPDX-License-Identifier: MIT
"""Mail archives to import: real or generated ones, and multiples of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.machine import MissingError
from benchmarks.site.generated import write_lists

#: The folder of the real archives, outside the repository.
REAL: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "r-lists"

_IDS: Final = (b"message-id", b"in-reply-to", b"references")
_FIELD: Final = re.compile(rb"([A-Za-z-]+):[ \t]*")


@dataclass(frozen=True, slots=True)
class Archives:
    """A folder of lists, each a folder of mbox files or one file.

    The *name* is for the table; *megabytes* are millions of octets.
    """

    folder: Path
    name: str
    megabytes: float


def find(data: Path | None, work: Path) -> Archives:
    """Return the archives in *data*, by default the real ones, else generated ones in *work*.

    Raises :class:`MissingError` if *data* does not exist.
    """
    folder = data or REAL
    if folder.is_dir():
        return _measured(folder, folder.name)
    if data:
        raise MissingError(f"the folder {data} does not exist")
    invented = write_lists(work / "invented-lists")
    return _measured(invented, "invented archives of that size")


def multiplied(archives: Archives, times: int, work: Path) -> Archives:
    """Return archives in *work* with *times* as many messages, topics and senders.

    The months stay the same. Each list is one mbox file. They contain data of real people if
    *archives* do, and must be deleted.
    """
    folder = work / f"{times}-times"
    folder.mkdir(parents=True, exist_ok=True)
    for each in sorted(archives.folder.iterdir()):
        with (folder / f"{each.stem}.mbox").open("wb") as file:
            for number in range(times):
                for part in _files(each):
                    file.writelines(_varied(part, number))
    return _measured(folder, f"{times} times {archives.name}")


def _measured(folder: Path, name: str) -> Archives:
    return Archives(folder, name, sum(file.stat().st_size for file in _files(folder)) / 1e6)


def _files(folder: Path) -> list[Path]:
    found = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    return [file for file in found if file.is_file()]


def _varied(part: Path, number: int) -> Iterator[bytes]:
    # The messages of a file with changed senders and subjects; number 0 is unchanged.
    field, in_header, after_blank = b"", False, True
    with part.open("rb") as file:
        for line in file:
            if after_blank and line.startswith(b"From "):
                field, in_header = b"", True
            elif in_header:
                found = _FIELD.match(line)
                new = field = found[1].lower() if found else field
                yield _changed(line, new, number, found.end() if found else 0)
                in_header = bool(line.strip())
                continue
            after_blank = not line.strip()
            yield line
        yield b"\n"  # for a file without an empty line at its end


def _changed(line: bytes, field: bytes, number: int, value: int) -> bytes:
    if not number:
        return line
    if field in _IDS:
        return line.replace(b"<", b"<%d." % number)
    if field == b"from" and value:
        return b"%sx%d.%s" % (line[:value], number, line[value:])
    if field == b"subject" and value:
        return b"%s (%d)\n" % (line.rstrip(), number)
    return line
