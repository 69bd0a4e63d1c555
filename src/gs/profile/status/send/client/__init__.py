# SPDX-License-Identifier: MIT
"""The two hooks over HTTP, by libcurl."""

from .hooks import HttpSite
from .post import Manner
from .trust import Trust

__all__ = ["HttpSite", "Manner", "Trust"]
