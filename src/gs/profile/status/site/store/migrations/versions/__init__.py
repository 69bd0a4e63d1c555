# SPDX-License-Identifier: MIT
"""The steps; one that has been released is not changed any more."""
