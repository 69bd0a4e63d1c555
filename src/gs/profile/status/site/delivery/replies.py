# SPDX-License-Identifier: MIT
"""What a mail server's reply means, for a letter and for an address."""

import re
from dataclasses import dataclass
from typing import Final

_WORDS: Final = 200
_ENHANCED: Final = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\S)")
_ADDRESS: Final = re.compile(r"<[^<>\s]*>|[^\s<>()\[\],;:=\"']+@[^\s<>()\[\],;:\"']+")
_UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e]+")

# Codes that speak of the session or of the command (RFC 5321, 4954): no address can cause them.
_OF_THE_SESSION: Final = frozenset({500, 502, 503, 504, 521, 530, 534, 535, 538, 555})
# Policy, but about the mailbox after all: disabled, or another owner's now (RFC 5248, 7293).
_OF_THE_MAILBOX: Final = frozenset({(7, 13), (7, 17), (7, 18)})
# The sender's address (RFC 3463, 5248), which some servers only judge with the recipient.
_OF_THE_SENDER: Final = frozenset({(1, 7), (1, 8)})
_ADDRESSING, _MAILBOX, _ROUTING, _CONTENT = 1, 2, 4, 6
# Many servers have no enhanced codes: then there are only the words.
_POLICY: Final = re.compile(
    r"relay|black.?list|block.?list|deny.?list|\brbl\b|dnsbl|spam|policy|reputation|authenti"
    r"|sender|banned|blocked|too many|access denied|client host|administrative(ly)? prohibit",
    re.IGNORECASE,
)
_NOBODY: Final = re.compile(
    r"user unknown|unknown user|no such (user|mailbox|recipient|address)|mailbox unavailable"
    r"|(user|mailbox|recipient) (unknown|not found|does not exist)",
    re.IGNORECASE,
)
_MAILBOX_UNAVAILABLE: Final = 550


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply (RFC 5321, 4.2): the *code*, and the *words* of all its lines."""

    code: int
    words: str

    @classmethod
    def read(cls, code: int, octets: bytes) -> "Reply":
        """Return the reply, harmless in a log or on a page: without control characters."""
        words = _UNPRINTABLE.sub(" ", octets.decode("ascii", "replace").replace("\n", " "))
        return cls(code, words.strip())

    @property
    def good(self) -> bool:
        """Whether the server did what it was asked."""
        return 200 <= self.code <= 299  # noqa: PLR2004 - RFC 5321, 4.2.1

    @property
    def for_now(self) -> bool:
        """Whether it may well do it later."""
        return 400 <= self.code <= 499  # noqa: PLR2004

    @property
    def for_good(self) -> bool:
        """Whether it will not do it, however often it is asked."""
        return 500 <= self.code <= 599  # noqa: PLR2004

    @property
    def said(self) -> str:
        """What the server said, without the addresses in it, and not at length."""
        return f"{self.code} {_ADDRESS.sub('<…>', self.words)}".strip()[:_WORDS]

    @property
    def of_the_address(self) -> bool:
        """Whether a refusal of a recipient says something of the address.

        It does not where the server would refuse whoever it is: because of who asks, of the
        sender, or of its own state (RFC 3463). In doubt it does, as RFC 5321 has it.
        """
        enhanced = _ENHANCED.match(self.words)
        if self.code in _OF_THE_SESSION:
            return False
        if enhanced is None:
            return _POLICY.search(self.words) is None
        detail = int(enhanced[2]), int(enhanced[3])
        if detail in _OF_THE_MAILBOX:
            return True
        return detail not in _OF_THE_SENDER and detail[0] in {
            _ADDRESSING,
            _MAILBOX,
            _ROUTING,
            _CONTENT,
        }

    @property
    def names_the_address(self) -> bool:
        """Whether a refusal of a whole letter, to one recipient, is clearly of the address.

        In doubt it is not, for what is refused there is as a rule the letter.
        """
        if not self.for_good or not self.of_the_address or _POLICY.search(self.words):
            return False
        enhanced = _ENHANCED.match(self.words)
        if enhanced is None:
            return self.code == _MAILBOX_UNAVAILABLE and _NOBODY.search(self.words) is not None
        return (enhanced[1], int(enhanced[2])) == ("5", _ADDRESSING)
