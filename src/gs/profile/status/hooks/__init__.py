# SPDX-License-Identifier: MIT
"""The contract between a GroupServer site and its sender: two hooks, their fields and answers.

Both halves of the project, :mod:`gs.profile.status.send` and
:mod:`gs.profile.status.site`, meet here and nowhere else.
"""

from .forms import MEMBERS_URI, SEND_URI, Field, members_form, send_form
from .replies import (
    SKIPPED,
    NotAReplyError,
    Refusal,
    Reply,
    Status,
    read_reply,
    write_refusal,
    write_reply,
)

__all__ = [
    "MEMBERS_URI",
    "SEND_URI",
    "SKIPPED",
    "Field",
    "NotAReplyError",
    "Refusal",
    "Reply",
    "Status",
    "members_form",
    "read_reply",
    "send_form",
    "write_refusal",
    "write_reply",
]
