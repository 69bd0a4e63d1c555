# SPDX-License-Identifier: MIT
"""The store: all that the site keeps in its database, and every query of it."""
