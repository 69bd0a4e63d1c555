# SPDX-License-Identifier: MIT
"""One letter on one connection: its transaction, and what became of it (RFC 5321, 3.3)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .connection import GO_ON, ConnectionLostError, SmtpConnection, SmtpReply
from .ports import (
    AllRefusedError,
    DoubtError,
    NotTakenError,
    OutgoingMail,
    RefusedRecipient,
    RejectedError,
)

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
# What would end the command or the address early, or cannot be written at all.
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f<>\u2028\u2029\ud800-\udfff]|^$")


@dataclass(frozen=True, slots=True)
class EncodedMail:
    """The *parameters* of MAIL, each with a space before it, and the *text* for after DATA."""

    parameters: bytes
    text: bytes


def is_writable(address: str) -> bool:
    """Return whether an address can stand in a command of SMTP, and do no harm there."""
    return _UNSAFE.search(address) is None


def is_international(letter: OutgoingMail) -> bool:
    """Return whether a letter can only go to a server that offers ``SMTPUTF8`` (RFC 6531)."""
    return letter.international or not all(map(str.isascii, letter.recipients))


def encode_mail(letter: OutgoingMail, connection: SmtpConnection) -> EncodedMail:
    """Return a letter in the form that is best for this server: as it is, or in seven bits."""
    international = is_international(letter)
    eight_bit = connection.offers("8bitmime") or international
    content = canonical(letter.octets(eight_bit=eight_bit))
    parameters = b" SIZE=%d" % len(content) if connection.offers("size") else b""
    if not content.isascii():
        parameters += b" BODY=8BITMIME"
    if international:
        parameters += b" SMTPUTF8"
    return EncodedMail(parameters, dotted(content))


def canonical(content: bytes) -> bytes:
    """Return the content with CRLF line ends alone, at its end too.

    A bare CR or LF is how one letter smuggles another one past a server that reads it otherwise
    than the next.
    """
    ends = content.count(b"\r\n")
    if not ends == content.count(b"\n") == content.count(b"\r"):
        content = _LINE_END.sub(b"\r\n", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def dotted(content: bytes) -> bytes:
    """Return the canonical content with its dots doubled, and the final one (RFC 5321, 4.5.2)."""
    first = b"." if content.startswith(b".") else b""
    return first + content.replace(b"\r\n.", b"\r\n..") + b".\r\n"


# RFC 4954, 6: it is for the operator to mend, and says nothing of this letter.
_TO_LOG_IN: Final = frozenset({530, 534, 535, 538})
_UNWRITABLE: Final = "no mail server takes such an address"
_FROM: Final = (
    "The From address needs SMTPUTF8, which the mail server does not offer: use a support address "
    "of plain ASCII."
)
_NOT_UTF8: Final = "the mail server takes no addresses beyond ASCII (it does not offer SMTPUTF8)"


class StaleError(NotTakenError):
    """The connection was lost before the server had heard of the letter."""


class ServerRefusedError(AllRefusedError):
    """The server itself said so, of each."""


def hand_over(
    connection: SmtpConnection, letter: OutgoingMail, sender: str
) -> tuple[RefusedRecipient, ...]:
    """Hand *letter* over, with *sender* on the envelope; return who was refused while others not.

    Raises what :meth:`.port.Mailer.hand_over` does, :class:`StaleError` and
    :class:`ServerRefusedError`. Until the final dot
    has left nothing was taken. After it the server has the letter, or says that it has not.
    """
    recipients = _writable(letter)
    _check_international(letter, connection)
    letter_on_wire = encode_mail(letter, connection)
    commands = (
        b"MAIL FROM:<%b>%b\r\n" % (sender.encode(), letter_on_wire.parameters),
        *(b"RCPT TO:<%b>\r\n" % address.encode() for address in recipients),
        b"DATA\r\n",
    )
    try:
        refused = _agree(connection.ask(*commands), recipients)
        connection.send_text(letter_on_wire.text)
    except ConnectionLostError as error:
        raise NotTakenError(f"The mail server has gone: {error}.") from error
    _settle(connection, recipients)
    unwritable = [address for address in letter.recipients if address not in recipients]
    return refused + _refused(unwritable, _UNWRITABLE)


def _writable(letter: OutgoingMail) -> tuple[str, ...]:
    writable = tuple(filter(is_writable, letter.recipients))
    if not writable:
        raise AllRefusedError(_refused(letter.recipients, _UNWRITABLE))
    return writable


def _check_international(letter: OutgoingMail, connection: SmtpConnection) -> None:
    if connection.offers("smtputf8") or not is_international(letter):
        return
    # An address in ASCII is as good as ever, though it shares this letter.
    beyond = [address for address in letter.recipients if not address.isascii()]
    if beyond:
        raise AllRefusedError(_refused(beyond, _NOT_UTF8))
    raise NotTakenError(_FROM)


def _refused(addresses: Sequence[str], why: str) -> tuple[RefusedRecipient, ...]:
    return tuple(RefusedRecipient(address, why) for address in addresses)


def _agree(
    replies: Iterator[SmtpReply], recipients: tuple[str, ...]
) -> tuple[RefusedRecipient, ...]:
    try:
        begun = next(replies)
    except ConnectionLostError as error:
        raise StaleError(f"The mail server has gone: {error}.") from error
    _check(begun)
    refused = _judged([(address, next(replies)) for address in recipients])
    ready = next(replies)
    if ready.code != GO_ON:
        _check_whole(ready, recipients)
        raise NotTakenError(f"The mail server did not ask for the letter: {ready.said}.")
    return refused


def _check(reply: SmtpReply) -> None:
    if reply.code in _TO_LOG_IN:
        raise NotTakenError(f"The mail server wants to be logged in to: {reply.said}.")
    if reply.for_good:
        raise RejectedError(reply.said)
    if not reply.good:
        raise NotTakenError(f"The mail server said: {reply.said}.")


def _check_whole(reply: SmtpReply, recipients: tuple[str, ...]) -> None:
    # Some servers know their users only once they have the letter. Of several it says not which.
    if len(recipients) == 1 and reply.names_the_address:
        raise ServerRefusedError(_refused(recipients, reply.said))
    _check(reply)


def _judged(answers: list[tuple[str, SmtpReply]]) -> tuple[RefusedRecipient, ...]:
    # All or nobody: whoever is to wait would get nothing if the others were mailed now, and the
    # others a second letter when it is handed over again.
    for _, reply in answers:
        if not reply.good and not reply.for_good:
            raise NotTakenError(f"The mail server said of a recipient: {reply.said}.")
    bad = [(address, reply) for address, reply in answers if not reply.good]
    refused = tuple(
        RefusedRecipient(address, reply.said) for address, reply in bad if reply.of_the_address
    )
    if len(refused) == len(answers):
        raise ServerRefusedError(refused)
    if len(bad) == len(answers):
        said = next(reply.said for _, reply in bad if not reply.of_the_address)
        raise RejectedError(said)
    return refused


def _settle(connection: SmtpConnection, recipients: tuple[str, ...]) -> None:
    try:
        reply = connection.verdict()
    except ConnectionLostError as error:
        raise DoubtError(
            f"The mail server had the whole letter, and did not say whether it takes it: {error}."
        ) from error
    if reply.code == GO_ON:
        connection.drop()
        raise DoubtError(f"The mail server said to the whole letter: {reply.said}.")
    _check_whole(reply, recipients)
