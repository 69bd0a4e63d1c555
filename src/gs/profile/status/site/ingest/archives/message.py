# SPDX-License-Identifier: MIT
"""Reads one message of an archive: its sender, date, subject, text and references."""

import binascii
import codecs
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from html import unescape
from io import StringIO
from itertools import islice
from typing import Final

from gs.profile.status.site.store.members import fold
from gs.profile.status.site.text import one_line, text_block

from .findings import Finding, Findings
from .mbox import RawMessage, is_plausible

# What Python calls encodings too: they are no character sets, and may take for ever.
_NO_CHARSETS: Final = frozenset(
    {"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"}
)
_REPLACED: Final = "\N{REPLACEMENT CHARACTER}"


def decode(octets: bytes, charset: str, findings: Findings) -> str:
    """Return *octets* as text, in the *charset* said, or whichever of the usual ones it is."""
    try:
        known = codecs.lookup(charset).name
        if known.replace("-", "_") not in _NO_CHARSETS:
            return octets.decode(known)
    except (LookupError, ValueError) as error:
        if isinstance(error, LookupError):
            findings.note(Finding.UNKNOWN_CHARSET)
    return _decode_unsaid(octets, findings)


def _decode_unsaid(octets: bytes, findings: Findings) -> str:
    try:
        return octets.decode("utf-8")
    except ValueError:
        pass
    # Where it is not UTF-8 it is most often this, in which five octets mean nothing.
    text = octets.decode("cp1252", "replace")
    if _REPLACED in text:
        findings.note(Finding.UNDECODABLE)
    return text


#: How much of a field is looked at: it may have 10 MB.
_FIELD_LIMIT: Final = 4_000
_LONGEST_IDS: Final = 20_000
_LINES: Final = re.compile(rb"(?:(?:[!-9;-~]++[ \t]*:|[ \t]|>?From )[^\n]*(?:\n|\Z))*+")
_BLANK: Final = re.compile(rb"\r?\n")
_FIELD: Final = re.compile(
    rb"^(from|subject|date|message-id|in-reply-to|references"
    rb"|content-type|content-disposition|content-transfer-encoding)[ \t]*:"
    rb"[ \t]*([^\n]*+(?:\n[ \t][^\n]*+)*+)",
    re.IGNORECASE | re.MULTILINE,
)
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,998}>")
# White space between two encoded words is not shown (RFC 2047, 6.2); archives fold there.
_BETWEEN: Final = re.compile(r"(?<=\?=)\s+(?==\?)")

#: The fields of a header that are read at all, by their names in small letters; as they come.
Fields = Mapping[str, str]


def cut_header(content: bytes) -> tuple[bytes, int]:
    """Return the header of a message or a part, and where its body begins.

    The body begins behind an empty line, or where a line is no header (RFC 5322, 2.1).
    """
    end = _LINES.match(content).end()  # type: ignore[union-attr] # nothing is a match too
    blank = _BLANK.match(content, end)
    return content[:end], blank.end() if blank else end


def read_fields(header: bytes) -> Fields:
    """Return the fields; of those that are there twice the first."""
    fields: dict[str, str] = {}
    for found in _FIELD.finditer(header):
        name = found[1].decode().lower()
        if name not in fields:
            fields[name] = found[2].decode("utf-8", "surrogateescape")
    return fields


def field(fields: Fields, name: str, findings: Findings) -> str:
    """Return the decoded text of the field, empty where there is none."""
    raw = fields.get(name, "")[:_FIELD_LIMIT]
    # The octets that a header should not have, but has.
    raw = decode(raw.encode("utf-8", "surrogateescape"), "utf-8", findings)
    if "=?" not in raw:
        return raw
    try:
        parts = decode_header(_BETWEEN.sub("", raw))
    except (HeaderParseError, ValueError):
        return raw
    # What is no encoded word comes as octets too, in a charset of the library's own.
    return "".join(
        part if isinstance(part, str) else _decode_part(part, charset, findings)
        for part, charset in parts
    )


def message_ids(fields: Fields, name: str) -> list[str]:
    """Return the message IDs that the field holds, in its order."""
    # The nearest come last.
    return _MESSAGE_ID.findall(fields.get(name, "")[-_LONGEST_IDS:])


def _decode_part(part: bytes, charset: str | None, findings: Findings) -> str:
    if charset is None:
        return part.decode("raw_unicode_escape", "replace")
    return decode(part, charset, findings)


# Parts within parts: real mail has four or five.
_MOST: Final = 200
_LONGEST_BOUNDARY: Final = 200
_LONGEST_FIELD: Final = 4_000


@dataclass(frozen=True, slots=True)
class Part:
    """A part that has none in it; its octets are still encoded for the transfer."""

    kind: str
    charset: str
    attached: bool
    encoding: str
    octets: bytes

    def decoded(self, limit: int) -> bytes:
        """Return the octets that were meant, decoded from *limit* of those that came."""
        octets = self.octets[:limit]
        try:
            if self.encoding == "base64":
                # A list's footer may follow; the decoder stops at the padding.
                return binascii.a2b_base64(octets + b"===")
            if self.encoding == "quoted-printable":
                return binascii.a2b_qp(octets)
        except binascii.Error:
            pass
        return octets


def take_apart(fields: Fields, body: bytes, findings: Findings) -> Iterator[Part]:
    """Yield the parts of a message, in their order; of alternatives the plain text if any."""
    waiting = [(fields, body)]
    for _ in range(_MOST):
        if not waiting:
            break
        fields, body = waiting.pop()
        content = _content(fields)
        inside = _inside(content, body)
        if inside:
            waiting.extend(reversed(inside))
        else:
            yield _part(content, body, findings)


def _content(fields: Fields) -> Message:
    # What the library knows of these fields is worth having; what it parses is bounded.
    content = Message()
    for name in ("content-type", "content-disposition", "content-transfer-encoding"):
        if name in fields:
            value = fields[name][:_LONGEST_FIELD].replace("\r", "").replace("\n", " ")
            content[name] = value.encode("ascii", "replace").decode("ascii")
    return content


def _inside(content: Message, body: bytes) -> list[tuple[Fields, bytes]]:
    if content.get_content_type() == "message/rfc822":
        return [_cut(body)]
    if content.get_content_maintype() != "multipart":
        return []
    boundary = str(content.get_boundary("")).strip()[:_LONGEST_BOUNDARY]
    parts = [_cut(piece) for piece in _pieces(body, boundary.encode())] if boundary else []
    if content.get_content_subtype() == "alternative":
        plain = [part for part in parts if _is_plain(*part)]
        return plain or parts
    return parts


def _pieces(body: bytes, boundary: bytes) -> Iterator[bytes]:
    line = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t\r]*+(?:\n|\Z)", re.MULTILINE)
    begin = None
    for found in islice(line.finditer(body), _MOST):
        if begin is not None:
            yield body[begin : found.start()]
        if found[1]:
            return
        begin = found.end()
    if begin is not None:
        yield body[begin:]


def _cut(piece: bytes) -> tuple[Fields, bytes]:
    header, begin = cut_header(piece)
    return read_fields(header), piece[begin:]


def _is_plain(fields: Fields, body: bytes) -> bool:
    return (
        _content(fields).get_content_type() == "text/plain" and not body.isspace() and bool(body)
    )


def _part(content: Message, body: bytes, findings: Findings) -> Part:
    kind = content.get_content_type()
    if content.get_content_maintype() == "multipart":
        findings.note(Finding.BROKEN)
        kind = "text/plain"
    try:
        named = bool(content.get_filename()) or content.get_content_disposition() == "attachment"
        charset = str(content.get_content_charset("utf-8"))
    except (LookupError, ValueError, TypeError, AttributeError, AssertionError):
        # The library does not survive every parameter that there is.
        findings.note(Finding.BROKEN)
        named, charset = False, "utf-8"
    encoding = str(content.get("content-transfer-encoding", "")).strip().lower()
    return Part(kind, charset, named, encoding, body)


_TAG: Final = re.compile(r"<([^<>]*+)>?")
_NAME: Final = re.compile(r"\s*+(/?[^\s/]*+)")
_BLOCKS: Final = frozenset(
    {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "pre", "blockquote", "table"}
)
_HIDDEN: Final = frozenset({"script", "style", "head", "title"})


def text_of_html(page: str) -> str:
    """Return what a reader of the page sees, a line for each block."""
    # The library's parser takes minutes for some pages of 200 kB (a quadratic one, made with
    # malice); all that is wanted here are the words.
    shown = StringIO()
    hidden_in, begin = "", 0
    for tag in _TAG.finditer(page):
        if not hidden_in:
            shown.write(page[begin : tag.start()])
        begin = tag.end()
        name = _NAME.match(tag[1])[1].casefold()  # type: ignore[index] # nothing matches too
        if hidden_in:
            hidden_in = "" if name == f"/{hidden_in}" else hidden_in
        elif name in _HIDDEN:
            hidden_in = name
        elif name in _BLOCKS:
            shown.write("\n")
    if not hidden_in:
        shown.write(page[begin:])
    return unescape(shown.getvalue())


#: How much of a message is looked at for its text, in octets.
_TEXT_LIMIT: Final = 2_000_000


def text_of(fields: Fields, body: bytes, findings: Findings) -> tuple[str, bool]:
    """Return the text of a message, and whether it has attachments."""
    texts: list[str] = []
    attachments, left = False, _TEXT_LIMIT
    for part in take_apart(fields, body, findings):
        if part.attached or part.kind not in {"text/plain", "text/html"}:
            attachments = True
        elif left > 0:
            texts.append(_text(part, left, findings))
            left -= len(part.octets)
    if not texts:
        findings.note(Finding.NO_TEXT)
    return "\n".join(texts), attachments


def _text(part: Part, limit: int, findings: Findings) -> str:
    text = decode(part.decoded(limit), part.charset, findings)
    return text_of_html(text) if part.kind == "text/html" else text


# "Jane <jane@example.org>", "jane@example.org (Jane)", or an address alone; archives mask the
# address in ways of their own ("jane at example.org"), so it may hold spaces.
_ANGLES: Final = re.compile(r"(?P<name>[^<]*)<(?P<address>[^<>]*)>?[^<>]*")
# Of quotation marks in pairs nothing is an address; a backslash goes before one that is meant.
_QUOTED: Final = re.compile(r'(?P<name>(?:"(?:[^"\\]|\\.)*"|[^<"])*)<(?P<address>[^<>]*)>?[^<>]*')
_ESCAPED: Final = re.compile(r'\\(["\\])')
_ROUNDS: Final = re.compile(r"(?P<address>[^(]*?)\s*\((?P<name>.*)\)")
_AT: Final = re.compile(r"(?<=[^\s@]) at (?=[^\s@]+\.[^\s@.]+$)")
# A list that sends in the name of others, for the sake of DMARC: "Jane via the-list".
_VIA: Final = re.compile(r"\s+via\s+\S.*$")

# What mail can be sent to, for certain.
_REACHABLE: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_QUOTES: Final = " \t\"'"


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody who sends; who has the same *key* is the same person.

    The name may be empty, and so is the address where mail cannot reach the person by it.
    """

    key: str
    name: str
    address: str


def read_sender(header: str, envelope: str) -> Sender | None:
    """Return the sender that the decoded From *header* names, or else the *envelope*."""
    written, address = _split(one_line(header, 1_000))
    address = _unmasked(address) or _unmasked(one_line(envelope))
    name = one_line(_VIA.sub("", written), 120)
    if not address:
        return Sender(f"name {name.casefold()}", name, "") if name else None
    if name != written:
        # The list's address is that of everybody whom it sends in the name of.
        return Sender(f"{address} {name}".casefold(), name, "")
    if _unmasked(name) == address:
        name = ""  # where archives know no name, they put the address
    return Sender(fold(address), name, address if _REACHABLE.fullmatch(address) else "")


def _split(header: str) -> tuple[str, str]:
    quoted = _QUOTED.fullmatch(header)
    if quoted is not None:
        return _ESCAPED.sub(r"\1", quoted["name"].strip(_QUOTES)), quoted["address"]
    found = _ANGLES.fullmatch(header) or _ROUNDS.fullmatch(header)
    if found is not None:
        return found["name"].strip(_QUOTES), found["address"]
    return ("", header) if _unmasked(header) else (header.strip(_QUOTES), "")


def _unmasked(address: str) -> str:
    address = _AT.sub("@", address.strip(" <>\"'\t"))
    return address if "@" in address else ""


# A message is written before it arrives: long before, if a moderator had to let it through.
_EARLIEST: Final = timedelta(days=31)
_LATEST: Final = timedelta(days=1)


def date_of(header: str | None, arrived: datetime | None, findings: Findings) -> datetime | None:
    """Return the moment of writing: that of the header, or of the arrival where it is wrong.

    A date without a zone is taken as UTC. ``None``: neither of the two is a date.
    """
    written = _parse(header or "")
    if written is not None and written.tzinfo is None:
        findings.note(Finding.NO_ZONE)
        written = written.replace(tzinfo=UTC)
    if written is None:
        findings.note(Finding.NO_DATE if arrived else Finding.NO_DATE_AT_ALL)
        return arrived
    if arrived and not arrived - _EARLIEST <= written <= arrived + _LATEST:
        findings.note(Finding.WRONG_DATE)
        return arrived
    return written.astimezone(UTC)


def _parse(header: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(header[:200])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if is_plausible(date) else None


_HEADER_KEPT: Final = 20_000


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """A message; *answers* are the IDs of those that it may answer, the most probable first."""

    message_id: str
    answers: tuple[str, ...]
    sender: Sender | None
    date: datetime | None
    subject: str
    body: str
    header: str
    attachments: bool


def read_message(raw: RawMessage, findings: Findings) -> ParsedMessage:
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
    return ParsedMessage(
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
