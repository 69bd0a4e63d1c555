# SPDX-License-Identifier: MIT
"""Brings the catalogues of the site up to date with its code and its templates."""

import argparse
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

_SITE: Final = Path(__file__).resolve().parent.parent / "src/gs/profile/status/site"
_CATALOGUES: Final = _SITE / "notification" / "locale"
_PACKAGES: Final = ("notification", "web")
_METHODS: Final = [
    ("**/templates/**.html", "jinja2.ext.babel_extract"),
    ("**/templates/**.txt", "jinja2.ext.babel_extract"),
    ("**.py", "python"),
]
# As notification/templates.py sets them.
_SET: Final = {
    "trimmed": "true",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
}
_OPTIONS: Final = {pattern: _SET for pattern, _ in _METHODS[:2]}
_KEYWORDS: Final = {**DEFAULT_KEYWORDS, "plural": (1, 2)}
_HEADER: Final = """\
# SPDX-License-Identifier: MIT
# `make messages` adds what is new to translate, and removes what is no longer said.
#"""


def main() -> int:
    """Write the catalogues anew, or say what is amiss; return 1 where something is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    template, faults = _template(), []
    for path in sorted(_CATALOGUES.glob("*.po")):
        before, catalogue = _read(path), _catalogue(path, template)
        if not check:
            path.write_bytes(_written(catalogue))
        # Both as the library writes them now: another release of it may write them otherwise.
        elif _written(before) != _written(catalogue):
            faults.append(f"{path.name} lags behind: run `make messages`")
        faults += [f"{path.name}: {fault}" for fault in _faults(catalogue)]
    print("\n".join(faults) or "The catalogues are complete.")
    return bool(faults)


def _template() -> Catalog:
    template = Catalog()
    for package in _PACKAGES:
        found = extract_from_dir(_SITE / package, _METHODS, _OPTIONS, _KEYWORDS)
        for name, _, message, comments, context in found:
            place = [(f"{package}/{name}", 0)]
            template.add(message, locations=place, auto_comments=comments, context=context)
    return template


def _read(path: Path) -> Catalog:
    return read_po(BytesIO(path.read_bytes()), locale=path.stem)


def _catalogue(path: Path, template: Catalog) -> Catalog:
    catalogue = _read(path)
    catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    catalogue.header_comment = _HEADER
    return catalogue


def _written(catalogue: Catalog) -> bytes:
    file = BytesIO()
    write_po(file, catalogue, width=98, sort_output=True, include_lineno=False)
    # Without the name of the release of the library that wrote it.
    return re.sub(rb'^"Generated-By: .*\n', b"", file.getvalue(), flags=re.MULTILINE)


def _faults(catalogue: Catalog) -> Iterator[str]:
    for message in catalogue:
        if message.id and (message.fuzzy or not _is_translated(message)):
            yield f"not translated: {message.id}"
    for message, errors in catalogue.check():
        yield from (f"{message.id}: {error}" for error in errors)


def _is_translated(message: Message) -> bool:
    said = message.string
    return all(said) if isinstance(said, (list, tuple)) else bool(said)


if __name__ == "__main__":
    sys.exit(main())
