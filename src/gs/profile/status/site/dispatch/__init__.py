# SPDX-License-Identifier: MIT
"""The queue of the send hook: decide, record, deliver, record, answer; once for each key."""

from .call import Answer, NoReply, deferred
from .decide import Decider, Decision
from .dispatcher import Dispatcher
from .processor import Processor

__all__ = ["Answer", "Decider", "Decision", "Dispatcher", "NoReply", "Processor", "deferred"]
