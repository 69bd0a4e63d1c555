# SPDX-License-Identifier: MIT
"""Tells the log how hand-overs ended that did not end well, without personal data."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from gs.profile.status.site.delivery import (
    AllRefusedError,
    DoubtError,
    NotTakenError,
    RejectedError,
)
from gs.profile.status.site.logs import Log

from .call import DeliveryEnd, HandOver

#: Between two lines of the same event, in seconds: a mail server that is away is so for everybody.
BETWEEN_LINES: Final = 60.0

_LEFT_OUT: Final = "<\N{HORIZONTAL ELLIPSIS}>"
# An address, a link or a path.
_TELLING: Final = re.compile(r"[^\s<>]*[@/\\=][^\s<>]*")
# What is shorter is left out as a word alone: a part of a word tells nobody.
_SHORT: Final = 4


class DeliveryLog:
    """Writes what the mail server said to the log; *clock* is monotonic, in seconds."""

    def __init__(self, log: Log, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._untold: Counter[str] = Counter()
        self._told_at: dict[str, float] = {}

    def report(self, ended: DeliveryEnd) -> None:
        """Tell how a hand-over ended, if that is worth a line."""
        match ended.outcome:
            case tuple():
                pass
            case DoubtError():
                self.doubt(ended.hand_over.letter.message_id)
            case NotTakenError() as error:
                self._tell(self._log.warning, "mail_not_taken", error, ended.hand_over)
            case RejectedError() as error:
                self._tell(self._log.warning, "mail_rejected", error, ended.hand_over)
            case AllRefusedError() as error:  # the address is marked: all is as it should be
                self._tell(self._log.info, "mail_refused", error, ended.hand_over)
            case error:
                self._log.failure("hand_over_failed", error)

    def doubt(self, message_id: str) -> None:
        """Tell that a call is in doubt, whose letter has that Message-ID."""
        self._log.warning("in_doubt", message_id=message_id)

    def _tell(
        self, write: Callable[..., None], event: str, error: Exception, one: HandOver
    ) -> None:
        self._untold[event] += 1
        now = self._clock()
        told_at = self._told_at.get(event)
        if told_at is not None and now - told_at < BETWEEN_LINES:
            return
        self._told_at[event] = now
        times = self._untold.pop(event)
        said = _without(one, str(error))
        write(event, said=said, message_id=one.letter.message_id, times=times)


def _without(one: HandOver, said: str) -> str:
    # A mail server quotes what it likes: half of an address, a link, who it is to. The ID is
    # always there, so that this is never an empty pattern.
    known = sorted({word for word in _personal(one) if word}, key=len, reverse=True)
    whole = [rf"(?<!\w){re.escape(word)}(?!\w)" for word in known if len(word) < _SHORT]
    anywhere = [re.escape(word) for word in known if len(word) >= _SHORT]
    pattern = re.compile("|".join(anywhere + whole), re.IGNORECASE)
    return pattern.sub(_LEFT_OUT, _TELLING.sub(_LEFT_OUT, said))


def _personal(one: HandOver) -> Iterator[str]:
    yield one.task.notice.user_id
    yield from re.findall(r"\w+", one.decision.name)
    for address in {*one.decision.addresses, *one.letter.recipients}:
        local = address.rpartition("@")[0]
        yield from (local, *re.findall(r"\w+", local))
