# SPDX-License-Identifier: MIT
"""The two hooks over HTTP, by libcurl."""

from .hookpost import Manner, Trust
from .loop import Loop
from .site import HttpSite

__all__ = ["HttpSite", "Loop", "Manner", "Trust"]
