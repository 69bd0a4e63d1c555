# SPDX-License-Identifier: MIT
"""What a reply of a mail server means, for the mail and for an address (RFC 5321, RFC 3463)."""

import re
from dataclasses import dataclass
from typing import Final

# Characters of a reply that are shown.
_SHOWN: Final = 200
_ENHANCED: Final = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\S)")
_ADDRESS: Final = re.compile(r"<[^<>\s]*>|[^\s<>()\[\],;:=\"']+@[^\s<>()\[\],;:\"']+")
_UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e]+")

# Codes about the session or the command (RFC 5321, RFC 4954). No address can cause them.
_SESSION_CODES: Final = frozenset({500, 502, 503, 504, 521, 530, 534, 535, 538, 555})
# Policy codes that are about the mailbox: disabled, or with a new owner (RFC 5248, RFC 7293).
_MAILBOX_DETAILS: Final = frozenset({(7, 13), (7, 17), (7, 18)})
# Codes about the sender's address (RFC 3463, RFC 5248). Some servers check it at RCPT only.
_SENDER_DETAILS: Final = frozenset({(1, 7), (1, 8)})
_ADDRESSING, _MAILBOX, _ROUTING, _CONTENT = 1, 2, 4, 6
# Many servers send no enhanced codes. Then the text of the reply has to be enough.
_POLICY: Final = re.compile(
    r"relay|black.?list|block.?list|deny.?list|\brbl\b|dnsbl|spam|policy|reputation|authenti"
    r"|sender|banned|blocked|too many|access denied|client host|administrative(ly)? prohibit",
    re.IGNORECASE,
)
_NO_SUCH_USER: Final = re.compile(
    r"user unknown|unknown user|no such (user|mailbox|recipient|address)|mailbox unavailable"
    r"|(user|mailbox|recipient) (unknown|not found|does not exist)",
    re.IGNORECASE,
)
_MAILBOX_UNAVAILABLE: Final = 550


@dataclass(frozen=True, slots=True)
class SmtpReply:
    """A reply (RFC 5321, 4.2): its *code*, and the *text* of all its lines."""

    code: int
    text: str

    @classmethod
    def read(cls, code: int, octets: bytes) -> "SmtpReply":
        """Return the reply without control characters: it is safe in a log and on a page."""
        text = _UNPRINTABLE.sub(" ", octets.decode("ascii", "replace").replace("\n", " "))
        return cls(code, text.strip())

    @property
    def positive(self) -> bool:
        """Whether the server did what the command asked for (2yz)."""
        return 200 <= self.code <= 299  # noqa: PLR2004 - RFC 5321, 4.2.1

    @property
    def transient(self) -> bool:
        """Whether the server may do it later (4yz)."""
        return 400 <= self.code <= 499  # noqa: PLR2004

    @property
    def permanent(self) -> bool:
        """Whether the server will not do it, however often it is asked (5yz)."""
        return 500 <= self.code <= 599  # noqa: PLR2004

    @property
    def shown(self) -> str:
        """The code and the text, shortened, and without the addresses in it."""
        return f"{self.code} {_ADDRESS.sub('<…>', self.text)}".strip()[:_SHOWN]

    @property
    def is_about_address(self) -> bool:
        """Whether a refusal at RCPT is about the address of the recipient.

        It is not if the server would refuse any recipient: because of the client, the sender or
        its own state (RFC 3463). If that is not clear, it is about the address (RFC 5321).
        """
        enhanced = _ENHANCED.match(self.text)
        if self.code in _SESSION_CODES:
            return False
        if enhanced is None:
            return _POLICY.search(self.text) is None
        detail = int(enhanced[2]), int(enhanced[3])
        if detail in _MAILBOX_DETAILS:
            return True
        return detail not in _SENDER_DETAILS and detail[0] in {
            _ADDRESSING,
            _MAILBOX,
            _ROUTING,
            _CONTENT,
        }

    @property
    def is_clearly_about_address(self) -> bool:
        """Whether a refusal of a whole mail, with one recipient, is clearly about the address.

        If that is not clear, it is about the mail, as refusals at the final dot usually are.
        """
        if not self.permanent or not self.is_about_address or _POLICY.search(self.text):
            return False
        enhanced = _ENHANCED.match(self.text)
        if enhanced is None:
            return (
                self.code == _MAILBOX_UNAVAILABLE and _NO_SUCH_USER.search(self.text) is not None
            )
        return (enhanced[1], int(enhanced[2])) == ("5", _ADDRESSING)
