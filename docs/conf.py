# SPDX-License-Identifier: MIT
"""How Sphinx makes the manual."""

project = "sendprofile"
author = "The sendprofile authors"
project_copyright = "2026, the sendprofile authors"
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "sendprofile"
nitpicky = True
