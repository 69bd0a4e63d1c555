# SPDX-License-Identifier: MIT
"""The sender and its sites killed at random, again and again, and what became of everybody."""
