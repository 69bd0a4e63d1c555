# SPDX-License-Identifier: MIT
"""The limit of ``-j auto``: it measures how many calls in flight a site can use."""

from .limit import MAX_IN_FLIGHT, AdaptiveLimit

__all__ = ["MAX_IN_FLIGHT", "AdaptiveLimit"]
