# SPDX-License-Identifier: MIT
"""What the torture asks of a site: whom it shall mail, and whom it did."""

from collections import Counter
from typing import Protocol


class Target(Protocol):
    """A site that counts whom it mails."""

    @property
    def url(self) -> str:
        """The root of the site."""

    @property
    def honours_keys(self) -> bool:
        """Whether a call may be repeated with the same key."""

    @property
    def to_mail(self) -> frozenset[str]:
        """The members who shall get a mail."""

    @property
    def to_skip(self) -> frozenset[str]:
        """The members who shall get none."""

    @property
    def mailed(self) -> Counter[str]:
        """How many mails each member got."""

    def progress(self) -> int:
        """Return a count that grows with each call of the send hook, or with each mail."""
