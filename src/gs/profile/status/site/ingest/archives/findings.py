# SPDX-License-Identifier: MIT
"""What was remarkable about the messages that were taken in, counted."""

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum


class Finding(StrEnum):
    """Something that a message, or a sender, lacked or had wrong, and what comes of it."""

    ALREADY_THERE = "were there already"
    REPEATED_ID = "have the Message-ID of another one, but another date: both are kept"
    NO_ID = "have no Message-ID: their content names them"
    NO_SENDER = "have no sender's address: they belong to nobody who could get mail"
    UNREACHABLE = "senders have no address that mail can reach: they get no mail"
    NO_DATE = "have no date that can be read: the date of their arrival was taken"
    NO_DATE_AT_ALL = "have no date at all: the date of the message before was taken"
    WRONG_DATE = "were dated long before or after their arrival: that was taken"
    NO_ZONE = "have a date without a time zone: it was taken as UTC"
    NO_SUBJECT = "have no subject"
    UNKNOWN_CHARSET = "have a character set that is not known"
    UNDECODABLE = "have characters that could not be read: each is shown as �"
    NO_TEXT = "have no text part"
    BROKEN = "are broken in their structure: they are shown as far as they can be read"
    CUT = "were too large: the end was left out"


class Findings:
    """How often each finding was made; a message may have several."""

    def __init__(self) -> None:
        self.messages = 0
        self._counts: Counter[Finding] = Counter()

    def note(self, finding: Finding) -> None:
        """Count *finding* once more."""
        self._counts[finding] += 1

    def __getitem__(self, finding: Finding) -> int:
        """Return how many messages, or senders, there were with *finding*."""
        return self._counts[finding]

    @property
    def new(self) -> int:
        """How many messages became posts that were not there before."""
        return self.messages - self._counts[Finding.ALREADY_THERE]

    def lines(self) -> Iterator[str]:
        """Yield what to tell about it: a line for each finding that was made."""
        for finding in Finding:
            if self._counts[finding]:
                yield f"{self._counts[finding]:,} {finding}"
