# SPDX-License-Identifier: MIT
"""The notification as a mail: what it says, in whose language, as text and as HTML."""

from .addresses import NoAddressError
from .composing import Letter, compose
from .wording import Wording, wording_for

__all__ = ["Letter", "NoAddressError", "Wording", "compose", "wording_for"]
