# SPDX-License-Identifier: MIT
"""What happened in a group in a month: its authors, topics and keywords."""

from .figures import Activities

__all__ = ["Activities"]
