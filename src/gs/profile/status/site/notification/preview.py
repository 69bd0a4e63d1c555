# SPDX-License-Identifier: MIT
"""A preview of a mail: its parts as files, and a page that shows the whole mail."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from . import render


@dataclass(frozen=True, slots=True)
class Preview:
    """The files of one preview; *page* is for a screenshot."""

    eml: Path
    text: Path
    html: Path
    page: Path


def write(octets: bytes, folder: Path, *, width: int = 600) -> Preview:
    """Write a mail and its parts into *folder*, and a page that shows it *width* pixels wide.

    The HTML is unchanged. The page needs no other file, and it runs no script of the mail.
    """
    folder.mkdir(parents=True, exist_ok=True)
    message = message_from_bytes(octets, policy=default)
    text, html = _content(message, "plain"), _content(message, "html")
    preview = Preview(
        eml=folder / "notification.eml",
        text=folder / "notification.txt",
        html=folder / "notification.html",
        page=folder / "page.html",
    )
    preview.eml.write_bytes(octets)
    preview.text.write_text(text, "utf-8")
    preview.html.write_text(html, "utf-8")
    fields = [(name, str(message[name])) for name in ("Subject", "From", "To", "Date")]
    page = render.page(fields=fields, text=text, html=html, width=width)
    preview.page.write_text(page, "utf-8")
    return preview


def _content(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,))
    if body is None:
        raise ValueError(f"The mail has no text/{subtype} part")
    return str(body.get_content()).replace("\r\n", "\n")
