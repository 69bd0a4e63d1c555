# SPDX-License-Identifier: MIT
"""A mail to look at: its parts as files, and a page that shows the whole of it."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from . import render


@dataclass(frozen=True, slots=True)
class Preview:
    """Where the files of one mail are; *page* is made for a screenshot."""

    eml: Path
    text: Path
    html: Path
    page: Path


def write(octets: bytes, folder: Path, *, width: int = 600) -> Preview:
    """Write a mail and its parts into *folder*, and a page that shows it *width* pixels wide.

    The HTML is as it was mailed. The page needs nothing but itself; no script of the mail runs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    message = message_from_bytes(octets, policy=default)
    text, html = _content(message, "plain"), _content(message, "html")
    made = Preview(
        eml=folder / "notification.eml",
        text=folder / "notification.txt",
        html=folder / "notification.html",
        page=folder / "page.html",
    )
    made.eml.write_bytes(octets)
    made.text.write_text(text, "utf-8")
    made.html.write_text(html, "utf-8")
    page = render.page(fields=_fields(message), text=text, html=html, width=width)
    made.page.write_text(page, "utf-8")
    return made


def _content(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,))
    if body is None:
        raise ValueError(f"The mail has no text/{subtype} part")
    return str(body.get_content()).replace("\r\n", "\n")


def _fields(message: EmailMessage) -> list[tuple[str, str]]:
    return [(name, str(message[name])) for name in ("Subject", "From", "To", "Date")]
