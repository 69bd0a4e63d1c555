# SPDX-License-Identifier: MIT
"""The notification as a mail: what it says, in whose language, as text and as HTML."""

from gs.profile.status.site.addresses import NoAddressError

from .compose import Notification, compose
from .languages import Wording, wording_for

__all__ = ["NoAddressError", "Notification", "Wording", "compose", "wording_for"]
