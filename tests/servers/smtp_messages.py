# SPDX-License-Identifier: MIT
"""Letters for the tests of mailers, which do not care what is in them."""

from dataclasses import dataclass

KIM = "kim@example.org"
LEE = "lee@example.org"
ZOE = "zoë@example.org"


@dataclass(frozen=True, slots=True)
class PlainLetter:
    """A mail that is ready; in seven bits *text* is written with question marks."""

    recipients: tuple[str, ...] = (KIM,)
    text: str = "Grüße\r\n.\r\n..\r\nend\r\n"
    international: bool = False
    message_id: str = "<1@example.org>"

    def octets(self, *, eight_bit: bool) -> bytes:
        """Return it with CRLF line ends."""
        mail = f"Message-ID: {self.message_id}\r\nSubject: x\r\n\r\n{self.text}"
        return mail.encode() if eight_bit else mail.encode("ascii", "replace")
