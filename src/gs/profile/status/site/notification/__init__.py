# SPDX-License-Identifier: MIT
"""The notification as a mail: what it says, in whose language, as text and as HTML."""

from gs.profile.status.site.addresses import NoAddressError

from .compose import Letter, compose
from .languages import Wording, wording_for

__all__ = ["Letter", "NoAddressError", "Wording", "compose", "wording_for"]
