# SPDX-License-Identifier: MIT
"""Tools of the tests of the notification: invented summaries, parsers, a browser."""
