# SPDX-License-Identifier: MIT
"""The activity of a group in a month: figures, authors, topics, keywords, a quotation."""

from .activity import Activities

__all__ = ["Activities"]
