# SPDX-License-Identifier: MIT
"""Kills the sender and its sites at random, repeatedly, and checks each member's result."""
