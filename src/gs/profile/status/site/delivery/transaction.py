# SPDX-License-Identifier: MIT
"""One mail on one connection: the SMTP transaction, and its result (RFC 5321, 3.3)."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from .connection import START_MAIL, ConnectionLostError, SmtpConnection, SmtpReply
from .ports import (
    Deferred,
    Delivered,
    DeliveryResult,
    InDoubt,
    OutgoingMail,
    RecipientsRefused,
    RefusedRecipient,
    Rejected,
)

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
# What would end the command or the address early, or cannot be sent at all.
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f<>\u2028\u2029\ud800-\udfff]|^$")
# The operator has to correct the log-in (RFC 4954, 6): these say nothing about this mail.
_LOG_IN_REQUIRED: Final = frozenset({530, 534, 535, 538})

_UNSAFE_ADDRESS: Final = "no mail server accepts such an address"
_NO_SMTPUTF8: Final = "the mail server accepts ASCII addresses only (it does not offer SMTPUTF8)"
_SENDER_NEEDS_SMTPUTF8: Final = (
    "The From address needs SMTPUTF8, which the mail server does not offer. Use a support address "
    "in ASCII."
)
_LOST: Final = "The connection to the mail server was lost: {}."


class StaleConnectionError(Exception):
    """The connection was lost before the server could know of the mail."""


class _Ended(Exception):  # noqa: N818 - not an error: the transaction has its result
    """The transaction ended early with a *result*."""

    def __init__(self, result: DeliveryResult) -> None:
        super().__init__(result)
        self.result = result


def transact(connection: SmtpConnection, mail: OutgoingMail, sender: str) -> DeliveryResult:
    """Send *mail* with *sender* on the envelope, and return the result.

    Until the final dot was sent nothing was taken. After it the server has the mail, or says that
    it does not. Raises :class:`StaleConnectionError`.
    """
    recipients = tuple(filter(is_safe, mail.recipients))
    unsafe = [address for address in mail.recipients if address not in recipients]
    if not recipients:
        return _refused(unsafe, _UNSAFE_ADDRESS, by_server=False)
    try:
        _require_smtputf8(mail, connection)
        parameters, content = encode(mail, connection)
        commands = (
            b"MAIL FROM:<%b>%b\r\n" % (sender.encode(), parameters),
            *(b"RCPT TO:<%b>\r\n" % address.encode() for address in recipients),
            b"DATA\r\n",
        )
        try:
            refused = _send_envelope(connection.ask(*commands), recipients)
            connection.send_content(content)
        except ConnectionLostError as error:
            raise _Ended(Deferred(_LOST.format(error))) from error
        _read_final_reply(connection, recipients)
    except _Ended as ended:
        return ended.result
    unsent = _refused(unsafe, _UNSAFE_ADDRESS, by_server=False).refused
    return Delivered(refused + unsent)


def is_safe(address: str) -> bool:
    """Return whether an address can stand in a command of SMTP without changing the command."""
    return _UNSAFE.search(address) is None


def is_international(mail: OutgoingMail) -> bool:
    """Return whether a mail needs a server that offers ``SMTPUTF8`` (RFC 6531)."""
    return mail.international or not all(map(str.isascii, mail.recipients))


def encode(mail: OutgoingMail, connection: SmtpConnection) -> tuple[bytes, bytes]:
    """Return the parameters of MAIL, each after a space, and the content with its final dot.

    The content is in eight bits if the server takes that, and else in ASCII.
    """
    international = is_international(mail)
    eight_bit = connection.offers("8bitmime") or international
    content = canonical(mail.octets(eight_bit=eight_bit))
    parameters = b" SIZE=%d" % len(content) if connection.offers("size") else b""
    if not content.isascii():
        parameters += b" BODY=8BITMIME"
    if international:
        parameters += b" SMTPUTF8"
    return parameters, dotted(content)


def canonical(content: bytes) -> bytes:
    """Return the content with CRLF as its only line end, at its end too.

    With a bare CR or LF one mail can smuggle another one past a server that reads line ends in
    another way than the next server.
    """
    ends = content.count(b"\r\n")
    if not ends == content.count(b"\n") == content.count(b"\r"):
        content = _LINE_END.sub(b"\r\n", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def dotted(content: bytes) -> bytes:
    """Return the canonical content with doubled dots and the final dot (RFC 5321, 4.5.2)."""
    first = b"." if content.startswith(b".") else b""
    return first + content.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def _require_smtputf8(mail: OutgoingMail, connection: SmtpConnection) -> None:
    if connection.offers("smtputf8") or not is_international(mail):
        return
    # The addresses in ASCII are good, although this mail has others beside them.
    international = [address for address in mail.recipients if not address.isascii()]
    if international:
        raise _Ended(_refused(international, _NO_SMTPUTF8, by_server=False))
    raise _Ended(Deferred(_SENDER_NEEDS_SMTPUTF8))


def _send_envelope(
    replies: Iterator[SmtpReply], recipients: tuple[str, ...]
) -> tuple[RefusedRecipient, ...]:
    try:
        mail = next(replies)
    except ConnectionLostError as error:
        raise StaleConnectionError(_LOST.format(error)) from error
    _check(mail)
    refused = _check_recipients([(address, next(replies)) for address in recipients])
    data = next(replies)
    if data.code != START_MAIL:
        _check_mail(data, recipients)
        raise _Ended(Deferred(f"The mail server did not ask for the mail: {data.shown}."))
    return refused


def _check(reply: SmtpReply) -> None:
    if reply.code in _LOG_IN_REQUIRED:
        raise _Ended(Deferred(f"The mail server requires a log-in: {reply.shown}."))
    if reply.permanent:
        raise _Ended(Rejected(reply.shown))
    if not reply.positive:
        raise _Ended(Deferred(f"The mail server said: {reply.shown}."))


def _check_mail(reply: SmtpReply, recipients: tuple[str, ...]) -> None:
    # Some servers check the recipients only when they have the mail. With several recipients the
    # reply does not say which of them it is about.
    if len(recipients) == 1 and reply.is_clearly_about_address:
        raise _Ended(_refused(recipients, reply.shown))
    _check(reply)


def _check_recipients(replies: list[tuple[str, SmtpReply]]) -> tuple[RefusedRecipient, ...]:
    # All or nobody: if the others were mailed now, they would get a second mail when it is
    # delivered again to the recipients that have to wait.
    for _, reply in replies:
        if not reply.positive and not reply.permanent:
            raise _Ended(Deferred(f"The mail server said of a recipient: {reply.shown}."))
    bad = [(address, reply) for address, reply in replies if not reply.positive]
    refused = tuple(
        RefusedRecipient(address, reply.shown) for address, reply in bad if reply.is_about_address
    )
    if len(refused) == len(replies):
        raise _Ended(RecipientsRefused(refused))
    if len(bad) == len(replies):
        reason = next(reply.shown for _, reply in bad if not reply.is_about_address)
        raise _Ended(Rejected(reason))
    return refused


def _read_final_reply(connection: SmtpConnection, recipients: tuple[str, ...]) -> None:
    try:
        reply = connection.final_reply()
    except ConnectionLostError as error:
        raise _Ended(
            InDoubt(
                f"The mail server has the whole mail, and did not say if it takes it: {error}."
            )
        ) from error
    if reply.code == START_MAIL:
        raise _Ended(InDoubt(f"The mail server replied to the whole mail: {reply.shown}."))
    _check_mail(reply, recipients)


def _refused(
    addresses: Sequence[str], reason: str, *, by_server: bool = True
) -> RecipientsRefused:
    refused = tuple(RefusedRecipient(address, reason) for address in addresses)
    return RecipientsRefused(refused, by_server)
