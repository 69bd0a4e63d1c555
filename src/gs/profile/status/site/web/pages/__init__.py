# SPDX-License-Identifier: MIT
"""The pages for people: turning the summary off and on, looking at a notification."""

from .preview import Pages, PlannedNotification, PlanNotification
from .routes import page_routes

__all__ = ["Pages", "PlanNotification", "PlannedNotification", "page_routes"]
