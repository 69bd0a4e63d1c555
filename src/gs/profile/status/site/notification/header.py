# SPDX-License-Identifier: MIT
"""The header fields of a notification, encoded and folded."""

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

#: Neither quoted-printable nor base64 can contain it; a part with it is never sent as 8bit.
BOUNDARY: Final = "=_alternative"
#: The subject of a mail to the support address that stops the summary.
OFF: Final = "Summary off"
_LIST: Final = "what-is-happening"
_LONGEST_LIST_ID: Final = 255


def fields(
    summary: Summary, contents: Contents, wording: Wording, now: datetime
) -> Iterator[tuple[str, str]]:
    """Return the fields of a notification dated *now*, in order, lines ending with LF."""
    support = summary.sites[0].site.support_email
    domain = _domain(summary)
    title = contents.sites[0].title
    yield "From", addresses.mailbox(title, support) or f"support@{addresses.NO_DOMAIN}"
    yield "To", addresses.mailboxes(contents.profile.avatar.name, contents.recipients)
    yield "Subject", addresses.unstructured(wording.subject)
    yield "Date", format_datetime(now.astimezone(_zone(summary.profile.timezone)))
    yield "Message-ID", message_id(summary)
    yield "List-Id", f"<{_list_id(domain)}>"
    yield from _list_unsubscribe(contents.stop_url, contents.support_email)
    # RFC 3834; the next two are for Exchange and for older responders.
    yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "All"
    yield "Precedence", "bulk"
    # It groups the complaints about our mails: by month, language, kind and sender.
    kind = f"{summary.period}:{wording.tag}:{_LIST}"
    yield "Feedback-ID", f"{kind}:{_digest(domain, 6)}"
    yield "Content-Language", wording.tag
    yield "MIME-Version", "1.0"
    yield "Content-Type", f'multipart/alternative; boundary="{BOUNDARY}"'


def message_id(summary: Summary) -> str:
    """Return the Message-ID: a digest of the member, the period and the site."""
    who = "\n".join((summary.sites[0].site.id, summary.profile.id, str(summary.period)))
    return f"<{_digest(who, 16)}.{summary.period}@{_domain(summary)}>"


def _list_unsubscribe(stop_url: str | None, support: str | None) -> Iterator[tuple[str, str]]:
    # RFC 8058: exactly one HTTPS URI; a mailto URI may follow it.
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
    # The limit of RFC 2919 is shorter than a label and the longest domain. The end of the domain
    # identifies the site, so the first labels are removed.
    labels = domain.split(".")
    while len(_LIST) + 1 + len(".".join(labels)) > _LONGEST_LIST_ID:
        del labels[0]
    return ".".join((_LIST, *labels))


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, not a name, or a folder of the database
        return UTC


def _digest(text: str, octets: int) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=octets).hexdigest()
