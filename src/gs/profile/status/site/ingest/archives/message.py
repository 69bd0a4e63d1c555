# SPDX-License-Identifier: MIT
"""Reads one message of an archive: its sender, date, subject, text and references.

The standard library's ``email`` reads header fields and MIME. Before it does, hostile messages are
cut down: docs/decisions/0025-email-reads-mail.md has the reasons and the measurements.
"""

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from email.utils import parsedate_to_datetime
from html import unescape
from io import StringIO
from itertools import islice
from typing import Final, TypeAlias, cast

from gs.profile.status.site.text import safe_line, safe_text

from .findings import Finding, Findings
from .senders import Sender, read_sender

#: How much of one message is kept, in octets. The rest, attachments mostly, is dropped.
LARGEST: Final = 8 * 1024 * 1024
# The year of a clock that was never set, west of Greenwich.
_FIRST_YEAR: Final = 1969
_LAST_YEAR: Final = 2199
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_ANSWERS: Final = 20
_LONGEST_HEADER: Final = 20_000
#: How much of a message is read as its text, in octets.
_LONGEST_TEXT: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message as an archive has it.

    *sender* and *arrived* are those of the mbox separator, if there is one. *content* is the
    message (RFC 5322), *cut* after :data:`LARGEST` octets.
    """

    sender: str
    arrived: datetime | None
    content: bytes
    cut: bool


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """A message. The *answers* are the Message-IDs that it may answer, the most probable first.

    A message that is not *dated* has the date of the message before.
    """

    message_id: str
    answers: tuple[str, ...]
    sender: Sender | None
    date: datetime
    is_dated: bool
    subject: str
    body: str
    header: str
    has_attachments: bool


def read_message(
    raw: RawMessage, findings: Findings, previous: datetime = _EPOCH
) -> ParsedMessage:
    """Return what *raw* says, however broken it is; add what was remarkable to *findings*.

    *previous* is the date of the message before.
    """
    findings.messages += 1
    header, message = _parse(raw, findings)
    sender = _sender(message, raw, findings)
    subject = safe_line(_field(message, "subject", findings))
    text, has_attachments = _text(message, findings)
    for is_so, finding in (
        (sender is None, Finding.NO_SENDER),
        (not subject, Finding.NO_SUBJECT),
    ):
        if is_so:
            findings.note(finding)
    date = date_of(_field(message, "date", findings), raw.arrived, findings)
    return ParsedMessage(
        message_id=_message_id(message, raw, findings),
        answers=_answers(message),
        sender=sender,
        date=date or previous,
        is_dated=date is not None,
        subject=subject,
        body=safe_text(text).strip("\n"),
        header=safe_text(header[:_LONGEST_HEADER].decode("utf-8", "replace")).strip("\n"),
        has_attachments=has_attachments,
    )


def is_plausible(moment: datetime) -> bool:
    """Return whether a message can have been written in the year of *moment*.

    A plausible year is never the first or the last of the calendar: a day may be added.
    """
    return _FIRST_YEAR <= moment.year <= _LAST_YEAR


def sender_of(raw: RawMessage) -> Sender | None:
    """Return the sender of the message, by its header or else by its envelope."""
    return _sender(_parse_header(_split(raw.content)[0]), raw, Findings())


def subject_of(raw: RawMessage) -> str:
    """Return the subject of the message as it was written."""
    return _field(_parse_header(_split(raw.content)[0]), "subject", Findings())


# A message is written before it arrives: long before, if a moderator had to approve it.
_EARLIEST: Final = timedelta(days=31)
_LATEST: Final = timedelta(days=1)
_LONGEST_DATE: Final = 200


def date_of(header: str | None, arrived: datetime | None, findings: Findings) -> datetime | None:
    """Return when the message was written: the date of the header, or of the arrival.

    The date of the arrival is taken where the header has none, or one that is wrong. A date
    without a zone is taken as UTC. Return ``None`` where neither of the two is a date.
    """
    try:
        written = parsedate_to_datetime((header or "")[:_LONGEST_DATE])
    except (ValueError, TypeError, IndexError, OverflowError):
        written = None
    if written is None or not is_plausible(written):
        findings.note(Finding.NO_DATE if arrived else Finding.NO_DATE_AT_ALL)
        return arrived
    if written.tzinfo is None:
        findings.note(Finding.NO_ZONE)
        written = written.replace(tzinfo=UTC)
    if arrived and not arrived - _EARLIEST <= written <= arrived + _LATEST:
        findings.note(Finding.WRONG_DATE)
        return arrived
    return written.astimezone(UTC)


_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,998}>")


def _sender(message: Message, raw: RawMessage, findings: Findings) -> Sender | None:
    return read_sender(_field(message, "from", findings), raw.sender)


def _message_id(message: Message, raw: RawMessage, findings: Findings) -> str:
    for message_id in _message_ids(message, "message-id"):
        return message_id
    findings.note(Finding.NO_ID)
    digest = hashlib.sha256(raw.sender.encode("utf-8", "surrogatepass") + raw.content)
    return f"<{digest.hexdigest()}@no-id.invalid>"


def _answers(message: Message) -> tuple[str, ...]:
    # References has the thread from its beginning: the last of them is the nearest.
    nearest = reversed(_message_ids(message, "references"))
    answers = dict.fromkeys([*_message_ids(message, "in-reply-to"), *nearest])
    return tuple(answers)[:_MOST_ANSWERS]


def _message_ids(message: Message, name: str) -> list[str]:
    return _MESSAGE_ID.findall(_as_written(message, name))


# Some messages have a second, older separator in the header, which the file's writer escaped.
_HEADER_LINES: Final = re.compile(rb"(?:(?:[!-9;-~]++[ \t]*:|[ \t]|>?From )[^\n]*(?:\n|\Z))*+")
_BLANK: Final = re.compile(rb"\r?\n")
_FIELD: Final = re.compile(
    rb"^(from|subject|date|message-id|in-reply-to|references"
    rb"|content-type|content-disposition|content-transfer-encoding)[ \t]*:"
    rb"[ \t]*([^\n]*+(?:\n[ \t][^\n]*+)*+)",
    re.IGNORECASE | re.MULTILINE,
)
#: How much of a field is read, in octets: it may have 8 MB.
_LONGEST_FIELD: Final = 20_000
#: The same in characters, which may have four octets each.
_LONGEST_FIELD_TEXT: Final = 4_000
# How many lines of a body are read, how many that may be boundaries, and how many parts within
# parts: the parser's time grows with the product of the first and the last.
_Limits: TypeAlias = tuple[tuple[re.Pattern[bytes], int], ...]
_LIMITS: Final[_Limits] = (
    (re.compile(rb"\r\n?|\n"), 150_000),
    (re.compile(rb"(?:\A|[\r\n])--"), 5_000),
    (re.compile(rb"multipart/|message/", re.IGNORECASE), 50),
)
# What the library raises for parameters that are broken.
_LIBRARY_ERRORS: Final = (LookupError, ValueError, TypeError, AttributeError, AssertionError)


class _AsWritten(Compat32):
    """Fields as they are written, of a limited length: ``_field`` decodes what is not ASCII."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_FIELD].strip()

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002 - as Policy has it
        return value


class _Message(Message):
    """A message in which forwarded messages are read, and reports are attachments.

    The parser makes an object for each empty line of a delivery report.
    """

    def get_content_type(self) -> str:
        kind = super().get_content_type()
        is_report = kind.startswith("message/") and kind != "message/rfc822"
        return "application/octet-stream" if is_report else kind


_POLICY: Final = _AsWritten()
_PARSER: Final = BytesParser(_Message, policy=_POLICY)


def _split(content: bytes) -> tuple[bytes, bytes]:
    # The body begins after an empty line, or where a line is no header (RFC 5322, 2.1).
    end = _HEADER_LINES.match(content).end()  # type: ignore[union-attr] # an empty match at least
    blank = _BLANK.match(content, end)
    return content[:end], content[blank.end() if blank else end :]


def _parse_header(header: bytes) -> Message:
    # The first field of each name. The library's parser takes twice as long for the header, and
    # keeps each of a million lines as an object.
    fields: dict[bytes, bytes] = {}
    for found in _FIELD.finditer(header):
        fields.setdefault(found[1].lower(), found[2])
    message = _Message(_POLICY)
    for name, value in fields.items():
        # Of many references the last are the nearest.
        kept = value[-_LONGEST_FIELD:] if name == b"references" else value[:_LONGEST_FIELD]
        message[name.decode()] = kept.decode("ascii", "surrogateescape").replace("\r", " ").strip()
    return message


def _parse(raw: RawMessage, findings: Findings) -> tuple[bytes, Message]:
    """Return the octets of the header, and the message."""
    header, body = _split(raw.content)
    message = _parse_header(header)
    has_parts = message.get_content_maintype() in {"multipart", "message"}
    limited = _limit(body, _LIMITS if has_parts else _LIMITS[:1])
    if raw.cut or len(limited) < len(body):
        findings.note(Finding.CUT)
    message.set_payload(limited[:_LONGEST_TEXT].decode("ascii", "surrogateescape"))
    if has_parts:
        kind = cast("str", message["content-type"]).encode("ascii", "surrogateescape")
        try:
            parsed = _PARSER.parsebytes(b"Content-Type: %b\n\n%b" % (kind, limited))
            message.set_payload(parsed.get_payload())
        except _LIBRARY_ERRORS:
            findings.note(Finding.BROKEN)
            del message["content-type"]
    return header, message


def _limit(body: bytes, limits: _Limits) -> bytes:
    for pattern, most in limits:
        if len(body) > most and (found := next(islice(pattern.finditer(body), most, None), None)):
            body = body[: found.start()]
    return body


def _as_written(message: Message, name: str) -> str:
    octets = cast("str", message.get(name, "")).encode("utf-8", "surrogateescape")
    return octets.decode("utf-8", "surrogateescape")


def _field(message: Message, name: str, findings: Findings) -> str:
    raw = _as_written(message, name)[:_LONGEST_FIELD_TEXT].replace("\n", "")
    # The octets that a header should not have, but has.
    raw = _decode(raw.encode("utf-8", "surrogateescape"), "utf-8", findings)
    if "=?" not in raw:
        return raw
    try:
        words = decode_header(raw)
    except (HeaderParseError, ValueError):
        return raw
    return "".join(
        word if isinstance(word, str) else _decode_word(word, charset, findings)
        for word, charset in words
    )


def _decode_word(word: bytes, charset: str | None, findings: Findings) -> str:
    # What is no encoded word comes as octets too, in a charset of the library's own.
    if charset is None:
        return word.decode("raw_unicode_escape", "replace")
    return _decode(word, charset, findings)


# What Python calls encodings too: they are no character sets, and may take for ever.
_NO_CHARSETS: Final = frozenset(
    {"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"}
)


def _decode(octets: bytes, charset: str, findings: Findings) -> str:
    """Return *octets* as text: in *charset*, or else in UTF-8, or else in Windows-1252."""
    try:
        known = codecs.lookup(charset).name
        if known.replace("-", "_") not in _NO_CHARSETS:
            return octets.decode(known)
    except LookupError:
        findings.note(Finding.UNKNOWN_CHARSET)
    except ValueError:
        pass
    try:
        return octets.decode("utf-8")
    except ValueError:
        # What is not UTF-8 is most often this, in which five octets mean nothing.
        text = octets.decode("cp1252", "replace")
    if "\N{REPLACEMENT CHARACTER}" in text:
        findings.note(Finding.UNDECODABLE)
    return text


def _text(message: Message, findings: Findings) -> tuple[str, bool]:
    """Return the text of a message, and whether it has attachments."""
    texts: list[str] = []
    has_attachments, rest = False, _LONGEST_TEXT
    for part in _leaves(message):
        kind = part.get_content_type()
        if part.get_content_maintype() == "multipart":
            findings.note(Finding.BROKEN)  # it has no boundary, or nothing after one
            kind = "text/plain"
        is_file, charset = _parameters(part, findings)
        if is_file or kind not in {"text/plain", "text/html"}:
            has_attachments = True
        elif rest > 0:
            octets = _octets(part)[:rest]
            rest -= len(octets)
            text = _decode(octets, charset, findings)
            texts.append(text_of_html(text) if kind == "text/html" else text)
    if not texts:
        findings.note(Finding.NO_TEXT)
    return "\n\n".join(texts), has_attachments


def _leaves(message: Message) -> Iterator[Message]:
    # The parts that have no parts; of alternatives the plain text, if there is any.
    if not message.is_multipart():
        yield message
        return
    parts = cast("list[Message]", message.get_payload())
    if message.get_content_subtype() == "alternative":
        parts = [part for part in parts if _is_plain(part)] or parts
    for part in parts:
        yield from _leaves(part)


def _is_plain(part: Message) -> bool:
    is_text = part.get_content_type() == "text/plain" and not part.is_multipart()
    return is_text and bool(_octets(part).strip())


def _octets(part: Message) -> bytes:
    return cast("bytes", part.get_payload(decode=True))


def _parameters(part: Message, findings: Findings) -> tuple[bool, str]:
    try:
        is_file = bool(part.get_filename()) or part.get_content_disposition() == "attachment"
        return is_file, str(part.get_content_charset("utf-8"))
    except _LIBRARY_ERRORS:
        findings.note(Finding.BROKEN)
        return False, "utf-8"


_TAG: Final = re.compile(r"<([^<>]*+)>?")
_TAG_NAME: Final = re.compile(r"\s*+(/?[^\s/]*+)")
_BLOCKS: Final = frozenset(
    {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "pre", "blockquote", "table"}
)
_HIDDEN: Final = frozenset({"script", "style", "head", "title"})


def text_of_html(page: str) -> str:
    """Return what a reader of the page sees, a line for each block."""
    # The library's parser takes minutes for some pages of 200 kB (a quadratic one, made with
    # malice); all that is needed here are the words.
    shown = StringIO()
    hidden_in, begin = "", 0
    for tag in _TAG.finditer(page):
        if not hidden_in:
            shown.write(page[begin : tag.start()])
        begin = tag.end()
        name = _TAG_NAME.match(tag[1])[1].casefold()  # type: ignore[index] # an empty match at least
        if hidden_in:
            hidden_in = "" if name == f"/{hidden_in}" else hidden_in
        elif name in _HIDDEN:
            hidden_in = name
        elif name in _BLOCKS:
            shown.write("\n")
    if not hidden_in:
        shown.write(page[begin:])
    return unescape(shown.getvalue())
