# SPDX-License-Identifier: MIT
"""An invented community, to demonstrate and to try the site with."""

from .seed import seed_demo

__all__ = ["seed_demo"]
