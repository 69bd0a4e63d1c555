# SPDX-License-Identifier: MIT
"""Updates the catalogues of the site from its code and its templates."""

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
# The same options as in notification/render.py.
_TEMPLATE_OPTIONS: Final = {
    "trimmed": "true",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
}
_OPTIONS: Final = {pattern: _TEMPLATE_OPTIONS for pattern, _ in _METHODS[:2]}
_KEYWORDS: Final = {**DEFAULT_KEYWORDS, "plural": (1, 2)}
_HEADER: Final = """\
# SPDX-License-Identifier: MIT
# `make messages` adds new texts to translate, and removes unused ones.
#"""


def main() -> int:
    """Write the catalogues, or report the errors; return 1 if there is an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    template, errors = _template(), []
    for path in sorted(_CATALOGUES.glob("*.po")):
        before, catalogue = _read(path), _catalogue(path, template)
        if not check:
            path.write_bytes(_written(catalogue))
        # Both are written by the installed library: another release may write them differently.
        elif _written(before) != _written(catalogue):
            errors.append(f"{path.name} is not up to date: run `make messages`")
        errors += [f"{path.name}: {error}" for error in _errors(catalogue)]
    print("\n".join(errors) or "The catalogues are complete.")
    return bool(errors)


def _template() -> Catalog:
    template = Catalog()
    for package in _PACKAGES:
        texts = extract_from_dir(_SITE / package, _METHODS, _OPTIONS, _KEYWORDS)
        for name, _, message, comments, context in texts:
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
    # The release of the library that wrote the file is left out.
    return re.sub(rb'^"Generated-By: .*\n', b"", file.getvalue(), flags=re.MULTILINE)


def _errors(catalogue: Catalog) -> Iterator[str]:
    for message in catalogue:
        if message.id and (message.fuzzy or not _is_translated(message)):
            yield f"not translated: {message.id}"
    for message, errors in catalogue.check():
        yield from (f"{message.id}: {error}" for error in errors)


def _is_translated(message: Message) -> bool:
    text = message.string
    return all(text) if isinstance(text, (list, tuple)) else bool(text)


if __name__ == "__main__":
    sys.exit(main())
