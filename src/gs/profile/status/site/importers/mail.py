# SPDX-License-Identifier: MIT
"""Reads a message of an archive: who wrote it, when, what, and in answer to what."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from typing import Final

from gs.profile.status.site.plaintext import one_line, text_block

from .bodies import text_of
from .dates import date_of
from .findings import Finding, Findings
from .headers import field, message_ids, parse
from .mbox import RawMessage
from .senders import Sender, read_sender

_HEADER_KEPT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Mail:
    """A message; *answers* are the IDs of those that it may answer, the most probable first."""

    message_id: str
    answers: tuple[str, ...]
    sender: Sender | None
    date: datetime | None
    subject: str
    body: str
    header: str
    attachments: bool


def read_mail(raw: RawMessage, findings: Findings) -> Mail:
    """Return what *raw* says, however broken it is; what was remarkable goes to *findings*."""
    findings.messages += 1
    message = parse(raw.content)
    sender = sender_of(message, raw, findings)
    subject = one_line(field(message, "subject", findings))
    body, attachments = text_of(message, findings)
    for missing, finding in (
        (sender is None, Finding.NO_SENDER),
        (not subject, Finding.NO_SUBJECT),
        (raw.cut, Finding.CUT),
    ):
        if missing:
            findings.note(finding)
    return Mail(
        message_id=_message_id(message, raw, findings),
        answers=_answers(message),
        sender=sender,
        date=date_of(field(message, "date", findings), raw.arrived, findings),
        subject=subject,
        body=text_block(body).strip("\n"),
        header=_header(raw.content),
        attachments=attachments,
    )


def sender_of(message: Message, raw: RawMessage, findings: Findings) -> Sender | None:
    """Return who sent the message, by its header or else by its envelope."""
    return read_sender(field(message, "from", findings), raw.sender)


def _message_id(message: Message, raw: RawMessage, findings: Findings) -> str:
    for message_id in message_ids(message, "message-id"):
        return message_id
    findings.note(Finding.NO_ID)
    return f"<{hashlib.sha256(raw.sender.encode() + raw.content).hexdigest()}@no-id.invalid>"


def _answers(message: Message) -> tuple[str, ...]:
    # References has the thread from its beginning: the last of them is the nearest.
    nearest = reversed(message_ids(message, "references"))
    return tuple(dict.fromkeys([*message_ids(message, "in-reply-to"), *nearest]))[:20]


def _header(content: bytes) -> str:
    header = content[:_HEADER_KEPT].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return text_block(header.decode("utf-8", "replace"))
