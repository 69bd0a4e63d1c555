# SPDX-License-Identifier: MIT
"""The version of the distribution."""

from typing import Final

VERSION: Final = "2.0.0.dev0"
__version__ = VERSION
