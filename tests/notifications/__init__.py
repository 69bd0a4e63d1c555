# SPDX-License-Identifier: MIT
"""What the tests of the notification start from: summaries of an invented community, a browser."""
