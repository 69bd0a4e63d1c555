# SPDX-License-Identifier: MIT
"""Reads a message of an archive: who wrote it, when, what, and in answer to what."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gs.profile.status.site.plaintext import one_line, text_block

from .bodies import text_of
from .dates import date_of
from .findings import Finding, Findings
from .headers import Fields, cut_header, field, message_ids, read_fields
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
    header, begin = cut_header(raw.content)
    fields = read_fields(header)
    sender = _sender(fields, raw, findings)
    subject = one_line(field(fields, "subject", findings))
    body, attachments = text_of(fields, raw.content[begin:], findings)
    for missing, finding in (
        (sender is None, Finding.NO_SENDER),
        (not subject, Finding.NO_SUBJECT),
        (raw.cut, Finding.CUT),
    ):
        if missing:
            findings.note(finding)
    return Mail(
        message_id=_message_id(fields, raw, findings),
        answers=_answers(fields),
        sender=sender,
        date=date_of(field(fields, "date", findings), raw.arrived, findings),
        subject=subject,
        body=text_block(body).strip("\n"),
        header=_header(header),
        attachments=attachments,
    )


def sender_of(raw: RawMessage) -> Sender | None:
    """Return who sent the message, by its header or else by its envelope."""
    header, _ = cut_header(raw.content)
    return _sender(read_fields(header), raw, Findings())


def subject_of(raw: RawMessage) -> str:
    """Return the subject of the message as it was written."""
    header, _ = cut_header(raw.content)
    return field(read_fields(header), "subject", Findings())


def _sender(fields: Fields, raw: RawMessage, findings: Findings) -> Sender | None:
    return read_sender(field(fields, "from", findings), raw.sender)


def _message_id(fields: Fields, raw: RawMessage, findings: Findings) -> str:
    for message_id in message_ids(fields, "message-id"):
        return message_id
    findings.note(Finding.NO_ID)
    digest = hashlib.sha256(raw.sender.encode("utf-8", "surrogatepass") + raw.content)
    return f"<{digest.hexdigest()}@no-id.invalid>"


def _answers(fields: Fields) -> tuple[str, ...]:
    # References has the thread from its beginning: the last of them is the nearest.
    nearest = reversed(message_ids(fields, "references"))
    return tuple(dict.fromkeys([*message_ids(fields, "in-reply-to"), *nearest]))[:20]


def _header(header: bytes) -> str:
    return text_block(header[:_HEADER_KEPT].decode("utf-8", "replace")).strip("\n")
