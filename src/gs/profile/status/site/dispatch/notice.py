# SPDX-License-Identifier: MIT
"""What a call of the send hook asks for, and why it may not get a reply."""

from dataclasses import dataclass

from gs.profile.status.hooks import Period
from gs.profile.status.site.store.calls import Call


@dataclass(frozen=True, slots=True)
class Notice:
    """The notification of one member on one period; a repeat of the *call* is to mail nobody."""

    user_id: str
    period: Period
    call: Call | None = None


class NotNotifiedError(Exception):
    """Nobody was mailed, for certain; after *retry_after* seconds it may well be different."""

    def __init__(self, reason: str, retry_after: int = 60) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class InProgressError(Exception):
    """The first call with that key is still being worked on."""


class OtherFormError(Exception):
    """The key came with another form before."""


class InDoubtError(Exception):
    """The letter may or may not have been taken; it is not handed over again.

    The text names its Message-ID, by which the log of the mail server can be searched.
    """
