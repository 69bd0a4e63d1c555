# SPDX-License-Identifier: MIT
"""The heart of the site: decides, composes, hands over, audits, answers; once for each key."""

from .deciding import Decider, Decision
from .desk import Desk
from .dispatcher import Dispatcher
from .notice import InDoubtError, InProgressError, Notice, NotNotifiedError, OtherFormError

__all__ = [
    "Decider",
    "Decision",
    "Desk",
    "Dispatcher",
    "InDoubtError",
    "InProgressError",
    "NotNotifiedError",
    "Notice",
    "OtherFormError",
]
