# SPDX-License-Identifier: MIT
"""Reads a notification as a mail program does: from its bytes, with the standard library."""

import email
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

from gs.profile.status.site import notification
from gs.profile.status.site.model import Summary

NOW = datetime(2026, 8, 1, 4, 30, tzinfo=UTC)
STOP = "https://groups.example.org/gs-profile-status-stop/c2lnbmVk.bWFj"
_VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}


def composed(
    summary: Summary, now: datetime = NOW, stop_url: str = STOP
) -> notification.Notification:
    """Return the composed notification."""
    return notification.compose(summary, now=now, stop_url=stop_url)


def received(summary: Summary, now: datetime = NOW) -> EmailMessage:
    """Return the notification as parsed by a recipient."""
    return email.message_from_bytes(composed(summary, now).octets(eight_bit=False), policy=default)


def part(message: EmailMessage, subtype: str) -> str:
    """Return one of the two parts, decoded."""
    body = message.get_body((subtype,))
    assert body is not None
    return body.get_content().replace("\r\n", "\n")


def text_of(summary: Summary) -> str:
    """Return the text of a notification."""
    return part(received(summary), "plain")


def html_of(summary: Summary) -> str:
    """Return the HTML of a notification."""
    return part(received(summary), "html")


def joined(text: str) -> str:
    """Return *text* on one line, independent of line breaks."""
    return " ".join(text.split())


_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}


class Page(HTMLParser):
    """A parsed page: elements, links, text, and errors of its tags."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.links: list[tuple[str, str]] = []
        self.faults: list[str] = []
        self.words = ""
        self._open: list[str] = []
        self._headings: list[tuple[str, str]] = []
        self.feed(source)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]
        self.words = joined(self.words)

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.faults.append(f"<{tag}> has an attribute twice: {names}")
        self.elements.append((tag, dict(attrs)))
        if tag == "a":
            self.links.append((dict(attrs).get("href") or "", ""))
        if tag not in _VOID:
            self._open.append(tag)
        if tag in _HEADINGS:
            self._headings.append((tag, ""))
        if tag in {"br", "p", "td", "li", "div", "h1", "h2", "h3", "h4"}:
            self.words += " "

    def handle_endtag(self, tag):
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")

    def handle_data(self, data):
        if self._open and self._open[-1] in {"style", "title"}:
            return
        self.words += data
        if _HEADINGS & set(self._open):
            tag, words = self._headings[-1]
            self._headings[-1] = (tag, words + data)
        if "a" in self._open:
            url, words = self.links[-1]
            self.links[-1] = (url, joined(words + data))

    def headings(self) -> list[tuple[int, str]]:
        """Return the headings in order, each with its level."""
        return [(int(tag[1]), joined(words)) for tag, words in self._headings]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of each element with this tag."""
        return [attributes for name, attributes in self.elements if name == tag]


def both(source):
    """Return the text of both parts, which must have the same content."""
    return joined(text_of(source)), Page(html_of(source)).words


def link(source, words):
    """Return the URL of a link in the HTML, which the text part must contain as well."""
    (url,) = {url for url, label in Page(html_of(source)).links if label == words}
    assert url in text_of(source)
    return url
