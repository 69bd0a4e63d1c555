# SPDX-License-Identifier: MIT
"""Tools for the tests of the notification: sample summaries, parsers, a browser."""
