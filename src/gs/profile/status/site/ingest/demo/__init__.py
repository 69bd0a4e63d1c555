# SPDX-License-Identifier: MIT
"""An invented community, to show and to try the site with."""

from .seed import settle_community

__all__ = ["settle_community"]
