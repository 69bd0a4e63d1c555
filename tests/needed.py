# SPDX-License-Identifier: MIT
"""Programs that only an operating system brings: without one, its tests are loudly left out."""

import os
import shutil
from typing import Final, NoReturn

import pytest

#: Where this variable is 1, as in CI, what is missing is a failure.
VARIABLE: Final = "SENDPROFILE_REQUIRE_ALL"


def needed(*names: str, path: str | None = None, why: str) -> str:
    """Return the path of the first of *names* that is installed; skip or fail without one."""
    found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    return found or leave_out(f"NO {names[0].upper()}: {why}")


def leave_out(reason: str) -> NoReturn:
    """Skip the test for *reason*, or fail where nothing may be left out."""
    if os.environ.get(VARIABLE) == "1":
        pytest.fail(reason)
    pytest.skip(reason)
