# SPDX-License-Identifier: MIT
"""The sites that the tests of the site may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.hamlet import Hamlet, hamlet


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Hamlet]:
    """Give a site "s" with a group "g", and nobody in it."""
    with hamlet(tmp_path) as made:
        made.site()
        made.group()
        yield made
