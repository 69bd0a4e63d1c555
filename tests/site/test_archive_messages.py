# SPDX-License-Identifier: MIT
import time
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.site.ingest.archives.findings import Finding, Findings
from gs.profile.status.site.ingest.archives.message import LARGEST, RawMessage, read_message
from limits import LIMIT

ARRIVED = datetime(2025, 4, 6, 12, tzinfo=UTC)
WELL = (
    b"From: j@example.org\nDate: Sun, 6 Apr 2025 12:00:00 +0000\nMessage-ID: <1@x>\nSubject: s\n"
)


@pytest.fixture
def findings():
    return Findings()


@pytest.fixture
def read(findings):
    return lambda content: read_message(
        RawMessage("e@example.org", ARRIVED, content, cut=False), findings
    )


def test_a_well_formed_message_is_read_without_a_finding(read, findings):
    mail = read(WELL + b"References: <a@x>\n <b@x>\nIn-Reply-To: <b@x>\n\nHello\n\n")
    assert (mail.message_id, mail.subject, mail.body) == ("<1@x>", "s", "Hello")
    assert mail.answers == ("<b@x>", "<a@x>")
    assert mail.sender.address == "j@example.org"
    assert mail.date == ARRIVED
    assert not mail.has_attachments
    assert list(findings.lines()) == []
    assert (findings.messages, findings.new) == (1, 1)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"=?UTF-8?Q?Llu=C3=ADs?=", "Lluís"),
        (b"=?utf-8?B?SMO8c2luZw==?= x", "Hüsing x"),
        (b"=?gb2312?B?y+/Tor+t?=", "孙英凯"),
        (b"a =?utf-8?q?b?=\n =?utf-8?q?c?= d", "a bc d"),
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("latin-1"), "Grüße"),
        ("Grüße =?utf-8?q?=C3=A9?=".encode(), "Grüße é"),
        ("佐藤 =?utf-8?q?=C3=A9?=".encode(), "佐藤 é"),
        (b"=?utf-8?B?!!!?=", ""),
        (b"=?nosuch?Q?=E9?=", "é"),
        (b"=?utf-8?Q?=FF=FE?=", "ÿþ"),
        (b"=?unicode_escape?Q?=5Cu0041?=", r"\u0041"),
        (b"=?", "=?"),
        (b"a\tb\x00c\x1b[31m", "a b c [31m"),
    ],
)
def test_a_subject_is_read_however_it_is_encoded(read, raw, text):
    subject = read(b"Subject: " + raw + b"\n\n").subject
    assert subject == text or (not text and "!!!" in subject)


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        (b"", b"plain", "plain"),
        (b"Content-Type: text/plain; charset=iso-8859-15\n", b"\xa4 5", "€ 5"),
        (b"Content-Type: text/plain; charset=nosuch\n", "Grüße".encode(), "Grüße"),
        (b"Content-Type: text/plain; charset=us-ascii\n", b"Gr\xfc\xdfe", "Grüße"),
        (b"Content-Type: text/plain; charset=punycode\n", b"abc-" * 9, "abc-" * 9),
        (b"Content-Type: text/plain; charset*=utf-8''%00\n", b"x", "x"),
        (b"Content-Transfer-Encoding: base64\n", b"R3LDvMOfZQ==", "Grüße"),
        (b"Content-Transfer-Encoding: quoted-printable\n", b"Gr=C3=BC=C3=9Fe", "Grüße"),
        (b"Content-Transfer-Encoding: base64\n", b"!!!not base64!!!", None),
        (b"Content-Type: text/html\n", b"<p>a<b>b</b></p><script>x()</script><p>c", "ab\nc"),
        (b"Content-Type: \xff\xfe; ;;=\n", b"x", "x"),
        (b"Content-Type: text/plain\n", b"a\r\nb\x00\x1b[0m\xe2\x80\xae", "a\nb  [0m"),
    ],
)
def test_a_text_is_read_however_it_is_encoded(read, head, body, text):
    result = read(WELL + head + b"\n" + body).body
    assert text is None or result == text


def test_the_plain_part_of_a_message_is_its_text_and_a_file_an_attachment(read):
    content = (
        WELL + b"Content-Type: multipart/mixed; boundary=x\n\n"
        b"--x\nContent-Type: multipart/alternative; boundary=y\n\n"
        b"--y\n\nplain\n--y\nContent-Type: text/html\n\n<b>html</b>\n--y--\n"
        b"--x\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\n"
        b"file\n--x--\n"
    )
    mail = read(content)
    assert (mail.body, mail.has_attachments) == ("plain", True)


def test_a_message_without_text_is_a_finding(read, findings):
    read(WELL + b"Content-Type: image/png\n\nxxxx")
    assert findings[Finding.NO_TEXT] == 1


def test_missing_fields_have_fallbacks(read, findings):
    mail = read(b"\nOnly a body\n")
    assert mail.sender.address == "e@example.org"
    assert mail.date == ARRIVED
    assert mail.message_id == read(b"\nOnly a body\n").message_id
    assert mail.message_id != read(b"\nAnother body\n").message_id
    assert findings[Finding.NO_ID] == 3
    assert findings[Finding.NO_SUBJECT] == 3
    assert "3 have no Message-ID: their content identifies them" in list(findings.lines())


def test_headers_of_ten_megabytes_can_be_read(read):
    huge = b"x" * 10_000_000
    mail = read(
        b"Subject: "
        + huge
        + b"\nFrom: "
        + huge
        + b" <j@example.org>\nReferences: <"
        + huge
        + b">\n\nb"
    )
    assert len(mail.subject) <= 255
    assert mail.body == "b"
    folded = b"Subject: a\n" + b" =?utf-8?q?a?=\n" * 500_000 + b"\nb"
    assert read(folded).body == "b"


def test_fields_after_a_field_of_ten_megabytes_are_read(read):
    mail = read(b"X-Report: " + b"x\n " * 4_000_000 + b"\n" + WELL + b"\nHello")
    assert (mail.subject, mail.message_id, mail.body) == ("s", "<1@x>", "Hello")


def test_a_list_footer_after_an_html_part_does_not_replace_it(read):
    content = (
        WELL + b"Content-Type: multipart/mixed; boundary=x\n\n"
        b"--x\nContent-Type: text/html\n\n<p>Page</p>\n"
        b"--x\nContent-Type: text/plain\n\nFooter\n--x--\n"
    )
    assert read(content).body.split() == ["Page", "Footer"]


def test_a_forwarded_message_is_read_too(read):
    content = WELL + b"Content-Type: message/rfc822\n\nSubject: inner\n\nInside\n"
    assert read(content).body == "Inside"


def test_a_message_without_its_declared_boundary_is_read_as_text(read, findings):
    mail = read(WELL + b"Content-Type: multipart/mixed; boundary=x\n\nOnly text\n")
    assert mail.body == "Only text"
    assert findings[Finding.BROKEN] == 1


def test_a_digest_is_read_message_by_message(read):
    digest = b"--x\n\nSubject: a\n\nOne\n--x\n\nSubject: b\n\nTwo\n--x--\nafter it\n"
    content = WELL + b"Content-Type: multipart/digest; boundary=x\n\nbefore it\n" + digest
    assert read(content).body == "One\n\nTwo"


def test_a_report_is_an_attachment(read, findings):
    content = (
        WELL + b"Content-Type: multipart/report; boundary=x\n\n--x\n\nNot delivered\n"
        b"--x\nContent-Type: message/delivery-status\n\nAction: failed\n\nStatus: 5\n--x--\n"
    )
    mail = read(content)
    assert (mail.body, mail.has_attachments) == ("Not delivered", True)
    assert list(findings.lines()) == []


def test_an_empty_plain_alternative_is_ignored(read):
    content = (
        WELL + b"Content-Type: multipart/alternative; boundary=x\n\n"
        b"--x\n\n \n--x\nContent-Type: text/html\n\n<b>html</b>\n--x--\n"
    )
    assert read(content).body.strip() == "html"


def test_the_first_of_repeated_fields_is_used_whatever_its_case(read):
    mail = read(b"SUBJECT : a\n b\nSubject: c\nmessage-id:\n <1@x>\n\nHello")
    assert (mail.subject, mail.message_id) == ("a b", "<1@x>")


def test_the_last_of_many_references_is_the_parent(read):
    fields = b"References: " + b"".join(b"<%d@x>\n " % n for n in range(100_000))
    answers = read(WELL + fields + b"\n\nHello").answers
    assert (answers[0], answers[-1], len(answers)) == ("<99999@x>", "<99980@x>", 20)


NESTED = b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(48)
)
MIXED = b"Content-Type: multipart/mixed; boundary=x\n\n"


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (MIXED, b"\n"),
        (MIXED, b"\r"),
        (MIXED, b"--x\n"),
        (MIXED, b"--x\r"),
        (MIXED, b"--x\n\n"),
        (MIXED + b"--x\n", b"a:b\n"),
        (MIXED + b"--x\nContent-Type: text/plain;\n", b" a=b;\n"),
        (MIXED + b"--x\nContent-Type: text/plain", b";a=b"),
        (MIXED + b"--x\nContent-Disposition: x;", b"filename*0*=a;"),
        (NESTED, b"a\n"),
        (NESTED + b"\n", b"a\n"),
        (b"Content-Type: multipart/mixed", b";a=b"),
        (b"Content-Type: multipart/digest; boundary=x\n\n", b"--x\n\n\n"),
        (b"Content-Type: message/delivery-status\n\n", b"a:b\n\n"),
        (MIXED + b"--x\nContent-Type: message/delivery-status\n\n", b"a:b\n\n"),
        (b"", b"Content-Type: message/rfc822\n\n"),
        (b"", b"a:b\n"),
        (b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n", b"M\n"),
    ],
)
def test_hostile_parts_are_read_quickly(read, head, piece):
    content = WELL + head + piece * (LARGEST // len(piece))
    started = time.process_time()
    read(content)  # less than a second; without limits it takes minutes
    assert time.process_time() - started < LIMIT / 4


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (MIXED, b"--x\n\n"),
        (MIXED + b"--x\nContent-Type: message/delivery-status\n\n", b"a:b\n\n"),
        (b"", b"a:b\n"),
        (b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n", b"M\n"),
    ],
)
def test_hostile_parts_take_little_memory(read, head, piece):
    content = WELL + head + piece * (LARGEST // len(piece))
    tracemalloc.start()
    try:
        read(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * LARGEST


def test_parts_over_the_limits_are_skipped_and_counted_once(read, findings):
    lines = b"--y\nline\n" * 200_000
    mail = read(WELL + MIXED + b"--x\n\nText\n--x\n\n" + lines + b"--x\n\nEnd\n--x--\n")
    assert mail.body.startswith("Text\n\n--y\nline")
    assert "End" not in mail.body
    assert findings[Finding.CUT] == 1


def test_no_more_than_5000_parts_are_read(read, findings):
    mail = read(WELL + MIXED + b"--x\n\nText\n" * 6_000 + b"--x\n\nEnd\n--x--\n")
    assert mail.body.startswith("Text\n\nText")
    assert "End" not in mail.body
    assert findings[Finding.CUT] == 1


def test_endlessly_nested_parts_can_be_read(read):
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3_000)
    )
    read(WELL + nested + b"\nInside")


@given(st.binary())
def test_any_octets_make_a_mail_that_can_be_stored(content):
    mail = read_message(RawMessage("", None, content, cut=False), Findings())
    for text in (mail.subject, mail.body, mail.header, mail.message_id):
        assert "\0" not in text
        text.encode("utf-8")


@given(
    st.lists(
        st.sampled_from(
            [
                b"Content-Type:",
                b"multipart/x;",
                b"charset=",
                b'"',
                b"\n",
                b"--",
                b" boundary=",
                b"\n\n",
                b"utf-8",
                b"=?",
                b"?=",
                b"Content-Transfer-Encoding: ",
                b"uuencode",
                b"base64",
                b"\xff",
                b"filename*0*=",
                b"''",
            ]
        )
    )
)
def test_any_mime_structure_can_be_read(pieces):
    read_message(RawMessage("", None, b"".join(pieces), cut=False), Findings())


@pytest.mark.parametrize(
    "piece", [b"<", b"<!--", b"<a ", b"<![CDATA[", b"&", b"</", b"<a b='", b"<?"]
)
def test_hostile_markup_is_read_quickly(read, piece):
    started = time.process_time()
    read(WELL + b"Content-Type: text/html\n\n" + piece * (3_000_000 // len(piece)))
    assert time.process_time() - started < LIMIT / 2


@pytest.mark.parametrize(
    "piece",
    [b"=?", b"=?a?q?", b"=?a?q?b", b"(", b"<", b" ", b'"', b"a at ", b"Re: ", b"\n =?x?q?y?="],
)
def test_hostile_headers_are_read_quickly(read, piece):
    started = time.process_time()
    hostile = piece * (1_000_000 // len(piece))
    read(
        b"".join(
            name + b": " + hostile + b"\n"
            for name in (b"From", b"Subject", b"Date", b"References")
        )
        + b"\n"
    )
    assert time.process_time() - started < LIMIT / 2
