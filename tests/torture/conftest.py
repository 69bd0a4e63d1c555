# SPDX-License-Identifier: MIT
"""The databases of the real site."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from servers.postgres import Postgres


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[Callable[[str], str | None]]:
    """Return a function that creates a database of a kind and returns its URL, None for SQLite."""
    with ExitStack() as stack:

        def made(kind: str) -> str | None:
            if kind == "sqlite":
                return None
            server: Postgres = request.getfixturevalue("postgresql")
            return stack.enter_context(server.database())

        yield made
