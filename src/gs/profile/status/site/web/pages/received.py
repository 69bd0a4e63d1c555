# SPDX-License-Identifier: MIT
"""A letter as a mail program has it: its header fields, its text, its HTML."""

from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import EmailMessage
from email.policy import default

from gs.profile.status.site.delivery import Letter


@dataclass(frozen=True, slots=True)
class Received:
    """A mail: its header fields are decoded, in their order."""

    fields: tuple[tuple[str, str], ...]
    text: str
    html: str


def receive(letter: Letter) -> Received:
    """Return what a mail program makes of *letter*; a part that it does not have is empty."""
    octets = letter.octets(eight_bit=False)
    message = message_from_bytes(octets, policy=default)
    return Received(_fields(octets), _part(message, "plain"), _part(message, "html"))


def _fields(octets: bytes) -> tuple[tuple[str, str], ...]:
    # Read for themselves: fields in UTF-8 (RFC 6532) are lost where a mail is read as octets.
    header = octets.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    message = message_from_string(header, policy=default)
    return tuple((name, str(value)) for name, value in message.items())


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")
