# SPDX-License-Identifier: MIT
"""Hands one letter over on one connection, and says what has become of it (RFC 5321, 3.3)."""

from collections.abc import Iterator, Sequence
from typing import Final

from .connection import GO_ON, Connection, LostError
from .framing import framed, is_international, is_writable
from .ports import AllRefusedError, DoubtError, Letter, NotTakenError, Refused, RejectedError
from .replies import Reply

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


def hand_over(connection: Connection, letter: Letter, sender: str) -> tuple[Refused, ...]:
    """Hand *letter* over, with *sender* on the envelope; return who was refused while others not.

    Raises what :meth:`.port.Mailer.hand_over` does, :class:`StaleError` and
    :class:`ServerRefusedError`. Until the final dot
    has left nothing was taken. After it the server has the letter, or says that it has not.
    """
    recipients = _writable(letter)
    _check_international(letter, connection)
    letter_on_wire = framed(letter, connection)
    commands = (
        b"MAIL FROM:<%b>%b\r\n" % (sender.encode(), letter_on_wire.parameters),
        *(b"RCPT TO:<%b>\r\n" % address.encode() for address in recipients),
        b"DATA\r\n",
    )
    try:
        refused = _agree(connection.ask(*commands), recipients)
        connection.send_text(letter_on_wire.text)
    except LostError as error:
        raise NotTakenError(f"The mail server has gone: {error}.") from error
    _settle(connection, recipients)
    unwritable = [address for address in letter.recipients if address not in recipients]
    return refused + _refused(unwritable, _UNWRITABLE)


def _writable(letter: Letter) -> tuple[str, ...]:
    writable = tuple(filter(is_writable, letter.recipients))
    if not writable:
        raise AllRefusedError(_refused(letter.recipients, _UNWRITABLE))
    return writable


def _check_international(letter: Letter, connection: Connection) -> None:
    if connection.offers("smtputf8") or not is_international(letter):
        return
    # An address in ASCII is as good as ever, though it shares this letter.
    beyond = [address for address in letter.recipients if not address.isascii()]
    if beyond:
        raise AllRefusedError(_refused(beyond, _NOT_UTF8))
    raise NotTakenError(_FROM)


def _refused(addresses: Sequence[str], why: str) -> tuple[Refused, ...]:
    return tuple(Refused(address, why) for address in addresses)


def _agree(replies: Iterator[Reply], recipients: tuple[str, ...]) -> tuple[Refused, ...]:
    try:
        begun = next(replies)
    except LostError as error:
        raise StaleError(f"The mail server has gone: {error}.") from error
    _check(begun)
    refused = _judged([(address, next(replies)) for address in recipients])
    ready = next(replies)
    if ready.code != GO_ON:
        _check_whole(ready, recipients)
        raise NotTakenError(f"The mail server did not ask for the letter: {ready.said}.")
    return refused


def _check(reply: Reply) -> None:
    if reply.code in _TO_LOG_IN:
        raise NotTakenError(f"The mail server wants to be logged in to: {reply.said}.")
    if reply.for_good:
        raise RejectedError(reply.said)
    if not reply.good:
        raise NotTakenError(f"The mail server said: {reply.said}.")


def _check_whole(reply: Reply, recipients: tuple[str, ...]) -> None:
    # Some servers know their users only once they have the letter. Of several it says not which.
    if len(recipients) == 1 and reply.names_the_address:
        raise ServerRefusedError(_refused(recipients, reply.said))
    _check(reply)


def _judged(answers: list[tuple[str, Reply]]) -> tuple[Refused, ...]:
    # All or nobody: whoever is to wait would get nothing if the others were mailed now, and the
    # others a second letter when it is handed over again.
    for _, reply in answers:
        if not reply.good and not reply.for_good:
            raise NotTakenError(f"The mail server said of a recipient: {reply.said}.")
    bad = [(address, reply) for address, reply in answers if not reply.good]
    refused = tuple(Refused(address, reply.said) for address, reply in bad if reply.of_the_address)
    if len(refused) == len(answers):
        raise ServerRefusedError(refused)
    if len(bad) == len(answers):
        said = next(reply.said for _, reply in bad if not reply.of_the_address)
        raise RejectedError(said)
    return refused


def _settle(connection: Connection, recipients: tuple[str, ...]) -> None:
    try:
        reply = connection.verdict()
    except LostError as error:
        raise DoubtError(
            f"The mail server had the whole letter, and did not say whether it takes it: {error}."
        ) from error
    if reply.code == GO_ON:
        connection.drop()
        raise DoubtError(f"The mail server said to the whole letter: {reply.said}.")
    _check_whole(reply, recipients)
