# SPDX-License-Identifier: MIT
"""The heart of the site: decides, composes, hands over, audits, answers; once for each key."""

from .call import InDoubtError, InProgressError, Notice, NotNotifiedError, OtherFormError
from .decide import Decider, Decision
from .dispatcher import Dispatcher
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
