# SPDX-License-Identifier: MIT
"""Mails for the tests of mailers, which do not read the content."""

from dataclasses import dataclass

KIM = "kim@example.org"
LEE = "lee@example.org"
ZOE = "zoë@example.org"


@dataclass(frozen=True, slots=True)
class PlainMessage:
    """A composed mail; in seven bits, *text* contains question marks."""

    recipients: tuple[str, ...] = (KIM,)
    text: str = "Grüße\r\n.\r\n..\r\nend\r\n"
    international: bool = False
    message_id: str = "<1@example.org>"

    def octets(self, *, eight_bit: bool) -> bytes:
        """Return the mail with CRLF line ends."""
        mail = f"Message-ID: {self.message_id}\r\nSubject: x\r\n\r\n{self.text}"
        return mail.encode() if eight_bit else mail.encode("ascii", "replace")
