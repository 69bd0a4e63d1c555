# SPDX-License-Identifier: MIT
"""The two hooks over HTTP, by libcurl."""

from .hookpost import Manner
from .hooks import HttpSite
from .loop import Loop
from .trust import Trust

__all__ = ["HttpSite", "Loop", "Manner", "Trust"]
