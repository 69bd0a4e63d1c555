# SPDX-License-Identifier: MIT
"""What happened in a group in a month: its figures, authors, topics, keywords, a quotation."""

from .activity import Activities

__all__ = ["Activities"]
