# SPDX-License-Identifier: MIT
"""The notification as a complete mail: header fields, text, and the same as HTML."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from email.utils import format_datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Final
from zoneinfo import ZoneInfo

from gs.profile.status.site import addresses, links
from gs.profile.status.site.model import (
    Summary,
)
from gs.profile.status.site.text import safe_line

from . import render
from .contents import Contents, choose
from .languages import Wording, wording_for

#: Neither quoted-printable nor base64 can contain it; a part with it is never sent as 8bit.
BOUNDARY: Final = "=_alternative"
#: The subject of a mail to the support address that stops the summary.
OFF: Final = "Summary off"
_LIST: Final = "what-is-happening"
_LONGEST_LIST_ID: Final = 255
#: A text that grows more in quoted-printable is shorter in base64, which adds a third.
_BASE64_GROWTH: Final = 1.36
#: The longest line of a mail without its end, in octets (RFC 5322, 2.1.1).
_LONGEST_LINE: Final = 998
#: The preview text of a mail program shows this number of topics.
_BEST: Final = 3
_TITLE: Final = 127


@dataclass(frozen=True, slots=True)
class Notification:
    """A mail that is ready for delivery: its header and its parts, lines ending with LF."""

    message_id: str
    recipients: tuple[str, ...]
    header: str
    text: str
    html: str

    @property
    def international(self) -> bool:
        """Whether an address is not in ASCII, which needs ``SMTPUTF8`` (RFC 6531)."""
        return not self.header.isascii()

    def octets(self, *, eight_bit: bool) -> bytes:
        """Return the mail (RFC 5322) with CRLF line ends; ASCII alone unless *eight_bit*.

        The header of an international mail is always in UTF-8 (RFC 6532).
        """
        between = f"\r\n--{BOUNDARY}\r\n".encode("ascii")
        return b"".join(
            (
                self.header.replace("\n", "\r\n").encode(),
                between,
                encode_part("plain", self.text, eight_bit=eight_bit),
                between,
                encode_part("html", self.html, eight_bit=eight_bit),
                f"\r\n--{BOUNDARY}--\r\n".encode("ascii"),
            )
        )


def compose(summary: Summary, *, now: datetime, stop_url: str) -> Notification:
    """Return the notification for the member of *summary*, in the language of the member.

    Its date is *now*, which has a zone. The page at *stop_url* stops the monthly summary; if it is
    empty, only a mail to the support address does. The Message-ID is the same for a member and a
    period. Raises :exc:`.addresses.NoAddressError` if no preferred address can receive mail.
    """
    wording, contents = wording_for(summary.profile.language), choose(summary, stop_url)
    text, html = render.parts(wording, contents, _values(summary, contents, wording))
    header = dict(_fields(summary, contents, wording, now))
    return Notification(
        message_id=header["Message-ID"],
        recipients=contents.recipients,
        header="".join(f"{name}: {value}\n" for name, value in header.items()),
        text=text,
        html=html,
    )


def encode_part(subtype: str, text: str, *, eight_bit: bool) -> bytes:
    """Return a part of a ``multipart``: its fields and its *text*, whose lines end with LF.

    The part is ASCII alone unless *eight_bit*.
    """
    # The email package takes 1.4 ms a mail for this; see docs/decisions/0027.
    octets = text.encode("utf-8", "replace").replace(b"\n", b"\r\n")
    longest = max(map(len, octets.split(b"\r\n")))
    # A title that is the boundary would end an 8bit part.
    if eight_bit and longest <= _LONGEST_LINE and BOUNDARY not in text:
        encoding, body = "8bit", octets
    else:
        encoding, body = "quoted-printable", binascii.b2a_qp(octets, istext=True)
        if len(body) > len(octets) * _BASE64_GROWTH:
            encoding, body = "base64", base64.encodebytes(octets).replace(b"\n", b"\r\n")
    part_fields = (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return part_fields.encode("ascii") + body


def _values(summary: Summary, contents: Contents, wording: Wording) -> dict[str, object]:
    period = summary.period
    activities = [one.activity for site in summary.sites for one in site.memberships]
    firsts = (safe_line(each.topics[0].title, _TITLE) for each in activities if each.topics)
    return {
        "language": wording.tag,
        "subject": wording.subject,
        "month_of_year": wording.month_of_year(period),
        "lead": wording.overview(
            period,
            posts=sum(activity.figures.posts for activity in activities),
            topics=sum(activity.figures.topics for activity in activities),
            active=sum(activity.figures.posts > 0 for activity in activities),
            groups=len(activities),
        ),
        "best": [title for title in firsts if title][:_BEST],
        "home": contents.sites[0].pages.url,
        "sites": wording.listed([site.title for site in contents.sites]),
        "stop": contents.stop_url,
        "off": OFF,
    }


def _fields(
    summary: Summary, contents: Contents, wording: Wording, now: datetime
) -> Iterator[tuple[str, str]]:
    # In order, each once, lines ending with LF.
    support = summary.sites[0].site.support_email
    domain = addresses.domain(support) or addresses.NO_DOMAIN
    title = contents.sites[0].title
    yield "From", addresses.mailbox(title, support) or f"support@{addresses.NO_DOMAIN}"
    yield "To", addresses.mailboxes(contents.profile.avatar.name, contents.recipients)
    yield "Subject", addresses.unstructured(wording.subject)
    yield "Date", format_datetime(now.astimezone(_zone(summary.profile.timezone)))
    yield "Message-ID", _message_id(summary, domain)
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


def _message_id(summary: Summary, domain: str) -> str:
    # The same for a member and a period, so that a mail which is composed again has the same one.
    period = str(summary.period)
    who = f"{summary.sites[0].site.id}\n{summary.profile.id}\n{period}"
    return f"<{_digest(who, 16)}.{period}@{domain}>"


def _list_unsubscribe(stop_url: str | None, support: str | None) -> Iterator[tuple[str, str]]:
    # RFC 8058: exactly one HTTPS URI; a mailto URI may follow it.
    ways = [stop_url] if stop_url else []
    if support and support.isascii():
        ways.append(links.mail(support, OFF))
    if ways:
        yield "List-Unsubscribe", ",\n ".join(f"<{way}>" for way in ways)
    if stop_url and stop_url.startswith("https://"):
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


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
