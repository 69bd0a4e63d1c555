# SPDX-License-Identifier: MIT
"""The header fields of a notification, written in ASCII as they will be sent."""

from collections.abc import Iterator
from datetime import datetime
from email.policy import EmailPolicy, default
from email.utils import format_datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from . import addresses
from .contents import Contents
from .summary import Summary
from .wording import Wording

#: Neither quoted-printable nor base64 can hold it, so that it need not be sought in the parts.
BOUNDARY: Final = "=_alternative"
_NO_DOMAIN: Final = "localhost.invalid"
_LIST: Final = "what-is-happening"


class NoAddressError(ValueError):
    """Nobody can be written to: no preferred address is one that mail can go to."""


class ReadyFields(EmailPolicy):
    """Keeps a field just as it is set; the default policy parses each anew, for 1 ms a mail."""

    def header_max_count(self, name: str) -> int:  # noqa: ARG002 - the signature is the parent's
        """Let no field stand twice."""
        return 1

    def header_store_parse(self, name: str, value: str) -> tuple[str, str]:
        """Take an encoded and folded field; a :exc:`ValueError` for one that is not in ASCII."""
        if not value.isascii():
            raise ValueError(f"The field {name} is not encoded: {value!a}")
        return name, value

    def header_fetch_parse(self, name: str, value: str) -> str:
        """Return the field as the default policy has it."""
        return _parsed(name, value)


@lru_cache(maxsize=64)
def _parsed(name: str, value: str) -> str:
    # A generator asks a dozen times for the same three types.
    parsed: str = default.header_fetch_parse(name, value)
    return parsed


def fields(
    summary: Summary, contents: Contents, wording: Wording, now: datetime
) -> Iterator[tuple[str, str]]:
    """Return the fields of a notification, in order: names with encoded and folded values.

    Raises :exc:`NoAddressError` where no preferred address is one that mail can go to.
    """
    reader, support = contents.profile.face.name, summary.sites[0].site.support_email
    to = addresses.mailboxes(reader, summary.profile.addresses.preferred)
    if not to:
        raise NoAddressError("No preferred address is one that mail can go to")
    domain = addresses.domain(support) or _NO_DOMAIN
    title = contents.sites[0].title
    yield "From", addresses.mailbox(title, support) or f"support@{_NO_DOMAIN}"
    yield "To", to
    yield "Subject", addresses.unstructured(wording.subject)
    yield "Date", format_datetime(now)
    yield "Message-ID", f"<{_fingerprint(summary)}.{summary.period}@{domain}>"
    yield "List-Id", f"<{_LIST}.{domain}>"
    # RFC 3834, and what Exchange and older responders heed instead.
    yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "All"
    yield "Precedence", "bulk"
    yield "MIME-Version", "1.0"
    yield "Content-Type", f'multipart/alternative; boundary="{BOUNDARY}"'


def _fingerprint(summary: Summary) -> str:
    who = "\n".join((summary.sites[0].site.id, summary.profile.id, str(summary.period)))
    return blake2b(who.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
