# SPDX-License-Identifier: MIT
"""The two hooks over HTTP, by libcurl."""

from .hooks import HttpSite
from .loop import Loop
from .post import Manner
from .trust import Trust

__all__ = ["HttpSite", "Loop", "Manner", "Trust"]
