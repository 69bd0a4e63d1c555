# SPDX-License-Identifier: MIT
"""What the site asks of a mailer: to take a letter, or to say for certain why not."""

from dataclasses import dataclass
from typing import Protocol


class OutgoingMail(Protocol):
    """A mail that is ready: to whom it goes, and its octets."""

    @property
    def message_id(self) -> str:
        """The Message-ID, with its angle brackets: the same whenever it is composed again."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """The addresses that it goes to (RFC 5321's ``Mailbox``), one at least."""

    @property
    def international(self) -> bool:
        """Whether it needs a mail server that offers ``SMTPUTF8`` (RFC 6531)."""

    def octets(self, *, eight_bit: bool) -> bytes:
        """Return the mail (RFC 5322) with CRLF line ends; of ASCII alone unless *eight_bit*."""


@dataclass(frozen=True, slots=True)
class RefusedRecipient:
    """An address that the mail server refused for good, with the server's own words."""

    address: str
    reply: str


class Mailer(Protocol):
    """Takes the responsibility for letters; several threads may call it at once."""

    @property
    def jobs(self) -> int:
        """How many letters it can take at the same time, 1 at least."""

    def hand_over(
        self, letter: OutgoingMail, reader: str, key: str | None = None
    ) -> tuple[RefusedRecipient, ...]:
        """Take *letter* to the member *reader*: once this has returned, a crash does not lose it.

        Returns the recipients that were refused, where others were not. Under its *key* the mailer
        may be asked later whether it has taken it. Raises :class:`NotTakenError`,
        :class:`AllRefusedError`, :class:`RejectedError` and :class:`DoubtError`; where any other
        error is raised it is in doubt too.
        """

    def has_taken(self, key: str) -> bool:
        """Return whether a letter was taken under that *key*, by this process or one before it.

        Both answers are certain: after ``False`` the letter is handed over again. Raises
        :class:`DoubtError` where that cannot be known.
        """

    def close(self) -> None:
        """Give back what it holds; no letter is handed over any more."""


class NotTakenError(Exception):
    """The letter was certainly not taken, and may well be later: after *retry_after* seconds."""

    def __init__(self, reason: str, retry_after: int = 60) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class AllRefusedError(Exception):
    """The mail server refused every recipient for good; nobody was mailed.

    Where not all of them are among the *refused*, the letter can be taken without these.
    """

    def __init__(self, refused: tuple[RefusedRecipient, ...]) -> None:
        super().__init__(", ".join(one.reply for one in refused))
        self.refused = refused


class RejectedError(Exception):
    """The mail server rejected the letter for good, whoever it is to; nobody was mailed."""


class DoubtError(Exception):
    """The letter may or may not have been taken: only the mail server's log can tell."""
