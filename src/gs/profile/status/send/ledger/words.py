# SPDX-License-Identifier: MIT
"""What a ledger says by itself of a member."""

from collections.abc import Sequence
from typing import Final

from gs.profile.status.send.errors import LedgerError, NotListedError, ProtocolError
from gs.profile.status.send.printable import printable
from gs.profile.status.send.run.model import MemberId

#: The message of a member who was being sent to when the run was left or killed.
LEFT: Final = "The run was left before an answer came."


def not_listed(members: Sequence[MemberId]) -> NotListedError:
    """Return the error for *members* who were chosen by name, and are not the site's."""
    told = ", ".join(map(printable, members))
    return NotListedError(f"The site does not list: {told}.\nNobody was sent to.")


def nobody_listed() -> ProtocolError:
    """Return the error for a site that lists nobody any more, in the middle of a run."""
    return ProtocolError(
        "The site lists no members, though some of the run are not settled: nothing was changed.\n"
        "See that the site is well; if it is, --status says who they are."
    )


def not_claimed() -> LedgerError:
    """Return the error for an outcome of somebody who was not, or is no longer, claimed."""
    return LedgerError(
        "The ledger was changed by another process while the run was on.\n"
        "Find out which one has no lock on it; then call again: the run goes on."
    )
