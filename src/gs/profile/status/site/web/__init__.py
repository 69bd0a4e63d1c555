# SPDX-License-Identifier: MIT
"""The site on the web: the ASGI application, its hooks, its pages, and what guards them."""
