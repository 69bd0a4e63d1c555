# SPDX-License-Identifier: MIT
"""How long a test waits for what must happen: a hang fails, a slow and loaded machine does not."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

#: Seconds. On an idle machine nothing that a test waits for takes a tenth of this.
LIMIT: Final = 120


def wait_until(condition: Callable[[], T], limit: float = LIMIT) -> T:
    """Return the first true result of *condition*; fail after *limit* seconds without one."""
    deadline = time.monotonic() + limit
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {limit} s"
        time.sleep(0.01)
    return result
