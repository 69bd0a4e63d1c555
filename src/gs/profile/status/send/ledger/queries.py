# SPDX-License-Identifier: MIT
"""The queries of ``queries.sql``, by name."""

import re
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("queries.sql")
_NAME: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def load() -> dict[str, str]:
    """Return the queries by their names."""
    _, *parts = _NAME.split(_FILE.read_text("utf-8"))
    return {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}
