# SPDX-License-Identifier: MIT
"""The interface of a site under torture: the members to mail, and the mails sent."""

from collections import Counter
from typing import Protocol


class Target(Protocol):
    """A site that counts the mails of each member."""

    @property
    def url(self) -> str:
        """The root of the site."""

    @property
    def honours_keys(self) -> bool:
        """Whether a call may be repeated with the same key."""

    @property
    def to_mail(self) -> frozenset[str]:
        """The members who should get a mail."""

    @property
    def to_skip(self) -> frozenset[str]:
        """The members who should get no mail."""

    @property
    def mailed(self) -> Counter[str]:
        """The number of mails of each member."""

    def progress(self) -> int:
        """Return a count that increases with each call of the send hook, or with each mail."""
