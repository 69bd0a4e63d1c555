# SPDX-License-Identifier: MIT
"""The commands of sendprofile-site: each has a room, which is imported when it is called."""
