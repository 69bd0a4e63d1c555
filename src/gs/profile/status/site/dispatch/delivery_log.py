# SPDX-License-Identifier: MIT
"""Writes to the log how deliveries ended that need attention, without personal data."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from gs.profile.status.site.logs import Log

from .call import DeliveryOutcome, SendCall

#: Seconds between two lines with the same event: a mail server that is down is down for everybody.
BETWEEN_LINES: Final = 60.0

_WITHHELD: Final = "<\N{HORIZONTAL ELLIPSIS}>"
# An address, a link or a path.
_REVEALING: Final = re.compile(r"[^\s<>]*[@/\\=][^\s<>]*")
# Shorter words are withheld only as whole words: as a part of another word they reveal nothing.
_SHORT: Final = 4


class DeliveryLog:
    """Writes the replies of the mail server to the log; *clock* returns monotonic seconds."""

    def __init__(self, log: Log, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._unwritten: Counter[str] = Counter()
        self._written_at: dict[str, float] = {}

    def report(self, call: SendCall) -> None:
        """Write how the delivery of *call* ended, if the operator is to see it."""
        outcome = call.outcome
        assert outcome is not None  # noqa: S101 - the delivery has ended
        if outcome.error:
            self._log.failure(outcome.event, outcome.error)
        elif outcome.event == "mail_in_doubt":
            self.doubt(call.message_id)
        elif outcome.event:
            self._write(call, outcome)

    def doubt(self, message_id: str) -> None:
        """Write that the mail with that Message-ID is in doubt."""
        self._log.warning("mail_in_doubt", message_id=message_id)

    def _write(self, call: SendCall, outcome: DeliveryOutcome) -> None:
        event = outcome.event
        self._unwritten[event] += 1
        now = self._clock()
        written_at = self._written_at.get(event)
        if written_at is not None and now - written_at < BETWEEN_LINES:
            return
        self._written_at[event] = now
        write = self._log.info if outcome.level == "info" else self._log.warning
        write(
            event,
            reply=_without_personal_data(call, outcome.detail),
            message_id=call.message_id,
            times=self._unwritten.pop(event),
        )


def _without_personal_data(call: SendCall, text: str) -> str:
    # A mail server may quote half of an address, a link, or the name of the recipient. The ID is
    # always among the words, so that the pattern is never empty.
    words = sorted({word for word in _personal_words(call) if word}, key=len, reverse=True)
    whole = [rf"(?<!\w){re.escape(word)}(?!\w)" for word in words if len(word) < _SHORT]
    anywhere = [re.escape(word) for word in words if len(word) >= _SHORT]
    pattern = re.compile("|".join(anywhere + whole), re.IGNORECASE)
    return pattern.sub(_WITHHELD, _REVEALING.sub(_WITHHELD, text))


def _personal_words(call: SendCall) -> Iterator[str]:
    yield call.user_id
    decision = call.decision
    if decision is None or decision.mail is None:
        return
    yield from re.findall(r"\w+", decision.name)
    for address in {*decision.addresses, *decision.mail.recipients}:
        local = address.rpartition("@")[0]
        yield from (local, *re.findall(r"\w+", local))
