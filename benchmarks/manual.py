# SPDX-License-Identifier: MIT
"""Writes the figures of a complete run into the manual."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks import table
from benchmarks.figures import Figure

_DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
_PAGE: Final = _DOCS / "reference" / "benchmarks.md"

#: The folder of the pictures of the manual.
PICTURES: Final = _DOCS / "pictures"

# The text between these is replaced.
_BEGIN: Final = "<!-- figures: written by make bench -->\n"
_END: Final = "<!-- end of figures -->\n"


def write(figures: Sequence[Figure], machine: Mapping[str, object]) -> None:
    """Replace the table and the description of the machine in the manual."""
    before, _, rest = _PAGE.read_text("utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    text = f"{_machine(machine)}\n\n{table.as_markdown(figures)}\n"
    _PAGE.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{after}", "utf-8")


def _machine(machine: Mapping[str, object]) -> str:
    return (
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}, "
        f"{machine['system']}; the ledger on {machine['file_system']}, where a sync takes "
        f"{machine['sync_microseconds']} µs."
    )
