# SPDX-License-Identifier: MIT
"""The sender: it calls the send hook of a GroupServer site once for each of its members."""
