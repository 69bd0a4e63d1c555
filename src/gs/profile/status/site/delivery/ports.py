# SPDX-License-Identifier: MIT
"""The port of a mailer: it takes a mail for delivery, or says for certain why it did not."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias


class OutgoingMail(Protocol):
    """A complete mail: its recipients and its octets."""

    @property
    def message_id(self) -> str:
        """The Message-ID with its angle brackets; composing the mail again gives the same one."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """The addresses of the recipients (RFC 5321's ``Mailbox``), at least one."""

    @property
    def international(self) -> bool:
        """Whether the mail needs a server that offers ``SMTPUTF8`` (RFC 6531)."""

    def octets(self, *, eight_bit: bool) -> bytes:
        """Return the mail (RFC 5322) with CRLF line ends; in ASCII unless *eight_bit*."""


@dataclass(frozen=True, slots=True)
class RefusedRecipient:
    """An address that the mail server refused permanently, with the server's reply."""

    address: str
    reply: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """The mailer has the mail for all recipients but those that the server *refused*."""

    refused: tuple[RefusedRecipient, ...] = ()


@dataclass(frozen=True, slots=True)
class RecipientsRefused:
    """The recipients in *refused* cannot be mailed, so nobody was mailed.

    If the mail has other recipients, it can be delivered without these. *by_server* is whether the
    server refused them, and not this program.
    """

    refused: tuple[RefusedRecipient, ...]
    by_server: bool = True

    @property
    def replies(self) -> str:
        """The replies of the server, one for each recipient."""
        return ", ".join(one.reply for one in self.refused)


@dataclass(frozen=True, slots=True)
class Rejected:
    """The mail server rejected the mail permanently, whoever it is for; nobody was mailed."""

    reply: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """The mailer certainly did not take the mail; it may after *retry_after* seconds."""

    reason: str
    retry_after: int = 60


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The mail may or may not have been taken: the log of the mail server alone can tell.

    *error* is the unexpected exception that is the cause, if it was one.
    """

    reason: str
    error: Exception | None = None


#: What became of the delivery of one mail.
DeliveryResult: TypeAlias = Delivered | RecipientsRefused | Rejected | Deferred | InDoubt


class Mailer(Protocol):
    """Takes mails for delivery; several threads may call it at once."""

    @property
    def jobs(self) -> int:
        """How many mails it can take at the same time, at least 1."""

    def deliver(
        self, mail: OutgoingMail, member_id: str, key: str | None = None
    ) -> DeliveryResult:
        """Take *mail* to the member for delivery; what it has taken survives a crash.

        With the *key* the mailer can be asked later whether it took the mail. An exception means
        that the mail is in doubt.
        """

    def was_delivered(self, key: str) -> bool | None:
        """Return whether this mailer, in any process, took a mail with that *key*.

        ``None`` means that this cannot be known. After ``False`` the mail is delivered again, so
        that answer has to be certain.
        """

    def close(self) -> None:
        """Release what the mailer holds; nobody calls :meth:`deliver` any more."""
