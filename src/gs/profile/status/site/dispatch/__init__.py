# SPDX-License-Identifier: MIT
"""The heart of the site: decides, composes, hands over, audits, answers; once for each key."""

from .call import InDoubtError, InProgressError, NotNotifiedError, OtherFormError, SendRequest
from .decide import Decider, Decision
from .dispatcher import Dispatcher
from .processor import Processor

__all__ = [
    "Decider",
    "Decision",
    "Dispatcher",
    "InDoubtError",
    "InProgressError",
    "NotNotifiedError",
    "OtherFormError",
    "Processor",
    "SendRequest",
]
