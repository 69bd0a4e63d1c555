# SPDX-License-Identifier: MIT
"""The contract between a GroupServer site and its sender: two hooks, their fields and answers.

The sender, :mod:`gs.profile.status.send`, and the site, :mod:`gs.profile.status.site`, both import
this package. Neither of them imports the other.
"""

from .forms import (
    KEY_HEADER,
    LIFETIME_HEADER,
    MEMBERS_URI,
    SEND_URI,
    Field,
    NotAKeyError,
    Period,
    SendForm,
    members_form,
    read_key,
    read_lifetime,
    write_key,
)
from .replies import (
    SKIPPED,
    FormRefusal,
    HookReply,
    NotAReplyError,
    Status,
    read_reply,
    write_refusal,
    write_reply,
)

__all__ = [
    "KEY_HEADER",
    "LIFETIME_HEADER",
    "MEMBERS_URI",
    "SEND_URI",
    "SKIPPED",
    "Field",
    "FormRefusal",
    "HookReply",
    "NotAKeyError",
    "NotAReplyError",
    "Period",
    "SendForm",
    "Status",
    "members_form",
    "read_key",
    "read_lifetime",
    "read_reply",
    "write_key",
    "write_refusal",
    "write_reply",
]
