# SPDX-License-Identifier: MIT
"""What a ledger says by itself of a member."""

from collections.abc import Sequence
from typing import Final

from gs.profile.status.send.errors import NotListedError
from gs.profile.status.send.model import MemberId
from gs.profile.status.send.printable import printable

#: The message of a member who was being sent to when the run was left or killed.
LEFT: Final = "The run was left before an answer came."

#: The reason that goes with it, the same as for a call that got no answer.
NO_ANSWER: Final = "no answer"


def not_listed(members: Sequence[MemberId]) -> NotListedError:
    """Return the error for *members* who were chosen by name, and are not the site's."""
    told = ", ".join(map(printable, members))
    return NotListedError(f"The site does not list: {told}.\nNobody was sent to.")
