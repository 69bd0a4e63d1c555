# SPDX-License-Identifier: MIT
"""The site: it answers the hooks from a database, composes the notification and hands it over."""
