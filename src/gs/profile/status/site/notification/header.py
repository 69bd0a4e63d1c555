# SPDX-License-Identifier: MIT
"""The header fields of a notification, encoded and folded as they will be sent."""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from email.utils import format_datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Final
from zoneinfo import ZoneInfo

from gs.profile.status.site import addresses, links
from gs.profile.status.site.model import Summary

from .contents import Contents
from .languages import Wording

#: Neither quoted-printable nor base64 can hold it, so that it need not be sought in the parts.
BOUNDARY: Final = "=_alternative"
#: The subject of a mail to the support address that asks for the summary to stop.
OFF: Final = "Summary off"
_LIST: Final = "what-is-happening"
_LONGEST_LIST_ID: Final = 255


def message_id(summary: Summary) -> str:
    """Return the Message-ID: the same for a member, a period and a site, and not telling them."""
    who = "\n".join((summary.sites[0].site.id, summary.profile.id, str(summary.period)))
    return f"<{_digest(who, 16)}.{summary.period}@{_domain(summary)}>"


def fields(
    summary: Summary, contents: Contents, wording: Wording, now: datetime
) -> Iterator[tuple[str, str]]:
    """Return the fields of a notification dated *now*, in order, lines ending with LF."""
    support = summary.sites[0].site.support_email
    domain = _domain(summary)
    title = contents.sites[0].title
    yield "From", addresses.mailbox(title, support) or f"support@{addresses.NO_DOMAIN}"
    yield "To", addresses.mailboxes(contents.profile.face.name, contents.recipients)
    yield "Subject", addresses.unstructured(wording.subject)
    yield "Date", format_datetime(now.astimezone(_zone(summary.profile.timezone)))
    yield "Message-ID", message_id(summary)
    yield "List-Id", f"<{_list_id(domain)}>"
    yield from _unsubscribing(contents.stop_url, contents.support_email)
    # RFC 3834, and what Exchange and older responders heed instead.
    yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "All"
    yield "Precedence", "bulk"
    # Which of our mails people complain about: the month, the language, the kind, the sender.
    kind = f"{summary.period}:{wording.tag}:{_LIST}"
    yield "Feedback-ID", f"{kind}:{_digest(domain, 6)}"
    yield "Content-Language", wording.tag
    yield "MIME-Version", "1.0"
    yield "Content-Type", f'multipart/alternative; boundary="{BOUNDARY}"'


def _unsubscribing(stop_url: str | None, support: str | None) -> Iterator[tuple[str, str]]:
    # RFC 8058: exactly one HTTPS URI, which a mailto may follow.
    ways = [stop_url] if stop_url else []
    if support and support.isascii():
        ways.append(links.mail(support, OFF))
    if ways:
        yield "List-Unsubscribe", ",\n ".join(f"<{way}>" for way in ways)
    if stop_url and stop_url.startswith("https://"):
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


def _domain(summary: Summary) -> str:
    return addresses.domain(summary.sites[0].site.support_email) or addresses.NO_DOMAIN


@lru_cache(maxsize=64)
def _list_id(domain: str) -> str:
    # RFC 2919 has room for fewer octets than a domain and a label may have: the part of the
    # domain that matters is its end.
    labels = domain.split(".")
    while len(_LIST) + 1 + len(".".join(labels)) > _LONGEST_LIST_ID:
        del labels[0]
    return ".".join((_LIST, *labels))


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, or a folder of the database
        return UTC


def _digest(text: str, octets: int) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=octets).hexdigest()
