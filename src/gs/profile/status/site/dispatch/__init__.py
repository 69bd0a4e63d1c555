# SPDX-License-Identifier: MIT
"""The heart of the site: decides, composes, hands over, audits, answers; once for each key."""

from .decide import Decider, Decision
from .dispatcher import Dispatcher
from .notice import InDoubtError, InProgressError, Notice, NotNotifiedError, OtherFormError
from .processor import Desk

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
