# SPDX-License-Identifier: MIT
"""The pages for people: turning the summary off and on, looking at a notification."""

from .preview import Look, Looked, Pages
from .routes import page_routes

__all__ = ["Look", "Looked", "Pages", "page_routes"]
