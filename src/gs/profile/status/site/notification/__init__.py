# SPDX-License-Identifier: MIT
"""The notification as a mail: its contents, its language, its text and its HTML."""

from gs.profile.status.site.addresses import NoAddressError

from .compose import Notification, compose
from .languages import Wording, wording_for

__all__ = ["NoAddressError", "Notification", "Wording", "compose", "wording_for"]
