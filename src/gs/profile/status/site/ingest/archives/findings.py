# SPDX-License-Identifier: MIT
"""Counts what was remarkable about the messages of an archive."""

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum


class Finding(StrEnum):
    """What a message, or a sender, lacks or has wrong, and what the import does about it."""

    ALREADY_THERE = "are in the site already"
    REPEATED_ID = "have the Message-ID of another message, but another date: both are imported"
    NO_ID = "have no Message-ID: their content identifies them"
    NO_SENDER = "have no sender: they belong to no member"
    UNREACHABLE = "senders have no address that mail can reach: they get no mail"
    NO_DATE = "have no date that can be read: the date of their arrival is used"
    NO_DATE_AT_ALL = "have no date at all: the date of the message before is used"
    WRONG_DATE = (
        "have a date long before or after their arrival: the date of their arrival is used"
    )
    NO_ZONE = "have a date without a time zone: it is read as UTC"
    NO_SUBJECT = "have no subject"
    UNKNOWN_CHARSET = "have an unknown character set"
    UNDECODABLE = "have characters that cannot be read: each is replaced by �"
    NO_TEXT = "have no text part"
    BROKEN = "have a broken structure: they are imported as far as they can be read"
    CUT = "are too large: their end is not imported"


class Findings:
    """The number of messages with each finding; a message may have several."""

    def __init__(self) -> None:
        self.messages = 0
        self._counts: Counter[Finding] = Counter()

    def note(self, finding: Finding) -> None:
        """Count *finding* once more."""
        self._counts[finding] += 1

    def __getitem__(self, finding: Finding) -> int:
        """Return how many messages, or senders, have *finding*."""
        return self._counts[finding]

    @property
    def new(self) -> int:
        """How many messages became new posts."""
        return self.messages - self._counts[Finding.ALREADY_THERE]

    def lines(self) -> Iterator[str]:
        """Yield a line for each finding that some message, or sender, has."""
        for finding in Finding:
            if self._counts[finding]:
                yield f"{self._counts[finding]:,} {finding}"
