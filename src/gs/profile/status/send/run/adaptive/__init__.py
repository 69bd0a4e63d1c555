# SPDX-License-Identifier: MIT
"""The limit of ``-j auto``: how many calls in flight a site can use, found out."""

from .limit import MOST, AdaptiveLimit

__all__ = ["MOST", "AdaptiveLimit"]
