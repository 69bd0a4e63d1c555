# SPDX-License-Identifier: MIT
import time
import tracemalloc
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.site.ingest.archives import mbox
from gs.profile.status.site.ingest.archives.mbox import begins_as_mbox, split_mbox
from gs.profile.status.site.ingest.archives.message import LARGEST
from limits import LIMIT

FROM = b"From jane@example.org  Sun Apr  6 11:55:11 2025\n"


def messages(content):
    return list(split_mbox(BytesIO(content)))


def test_two_messages_are_split():
    first, second = messages(FROM + b"Subject: a\n\none\n\n" + FROM + b"Subject: b\n\ntwo\n")
    assert first.content == b"Subject: a\n\none\n\n"
    assert second.content == b"Subject: b\n\ntwo\n"
    assert (first.sender, first.cut) == ("jane@example.org", False)
    assert first.arrived == datetime(2025, 4, 6, 11, 55, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        b"From what I know, here are a few answers.",
        b"From the docs: this is how it works on Sun Apr 6",
        b"From jane@example.org  Sun Apr  6 11:55:11 2025",  # quoted, without a header after it
        b"From ",
        b"FROM jane@example.org  Sun Apr  6 11:55:11 2025\nSubject: no",
        b">From jane@example.org  Sun Apr  6 11:55:11 2025\nSubject: no",
        b"From jane@example.org  Sun Apr  6 11:55:11\nSubject: no",
    ],
)
def test_a_text_line_that_begins_with_from_does_not_split(line):
    result = messages(FROM + b"Subject: a\n\n" + line + b"\nmore text\n\n")
    assert len(result) == 1
    assert b"more text" in result[0].content


@pytest.mark.parametrize(
    ("line", "sender"),
    [
        (b"From jane at example.org  Sun Apr  6 11:55:11 2025", "jane at example.org"),
        (
            b"From n|ko@@tz @end|ng |rom gm@||@com  Sun Apr  6 11:55:11 2025",
            "n|ko@@tz @end|ng |rom gm@||@com",
        ),
        (
            b"From i@io m@iii@g oii phys@ii@-courses@org  Sun Apr  6 11:55:11 2025",
            "i@io m@iii@g oii phys@ii@-courses@org",
        ),
        (b"From MAILER-DAEMON Sun Apr 06 11:55:11 2025", "MAILER-DAEMON"),
        (b"From jane@example.org Sun Apr 6 11:55:11 CEST 2025", "jane@example.org"),
        (b"From jane@example.org Sun Apr 6 11:55:11 2025 +0200", "jane@example.org"),
        (b"From jane@example.org Sun, Apr 6 11:55 2025", "jane@example.org"),
        (b"From 1820@xxx Sun Apr 06 11:55:11 +0000 2025", "1820@xxx"),
        (b"From jane@example.org Sun, 06 Apr 2025 11:55:11 +0200", "jane@example.org"),
        (b"From jane@example.org 2025-04-06 11:55:11", "jane@example.org"),
        (b"From jane@example.org 2025-04-06T11:55:11.25Z", "jane@example.org"),
        (b"From jane@example.org 2025-04-06 11:55 +02:00", "jane@example.org"),
        (b"From jane Sun Apr  6 11:55:11 2025 remote from corp", "jane"),
        (b"From - Sun Apr  6 11:55:11 2025", "-"),
        (b"From  Sun Apr  6 11:55:11 2025", ""),
        (
            b"From j\xe4ne@example.org Sun Apr  6 11:55:11 2025\r",
            "j\ufffdne@example.org",
        ),
    ],
)
def test_a_separator_may_have_any_sender(line, sender):
    (message,) = messages(line + b"\nSubject: a\n\nText\n")
    assert message.sender == sender
    assert message.arrived.day == 6


@pytest.mark.parametrize(
    "date",
    [
        b"Mon Jan  5 00:00:00 0001",
        b"Sat Jan  1 00:00:00 0001 +1400",
        b"Fri Dec 31 23:59:59 9999",
        b"1968-12-31T12:00:00Z",
        b"2200-01-01 12:00",
    ],
)
def test_a_year_before_e_mail_is_not_an_arrival(date):
    (message,) = messages(b"From a@b.example " + date + b"\nSubject: a\n\nText\n")
    assert message.arrived is None


def test_an_arrival_at_the_epoch_is_accepted():
    (message,) = messages(b"From - Wed Dec 31 16:00:00 -0800 1969\nSubject: a\n\nText\n")
    assert message.arrived == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "date",
    [
        b"Sun Apr  6 09:55:11 2025",
        b"Sun Apr 06 11:55:11 +0200 2025",
        b"Sun Apr  6 11:55:11 2025 +0200",
        b"Sun, 06 Apr 2025 05:55:11 -0400",
        b"2025-04-06 11:55:11+02:00",
        b"2025-04-06T09:55:11Z",
    ],
)
def test_a_separator_gives_the_arrival_in_its_zone(date):
    (message,) = messages(b"From jane@example.org " + date + b"\nSubject: a\n\n")
    assert message.arrived == datetime(2025, 4, 6, 9, 55, 11, tzinfo=UTC)


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_any_line_ending_and_a_byte_order_mark_are_accepted(end, mark):
    lines = (FROM + b"Subject: a\n\n>From one\n\n" + FROM + b"Subject: b\n\ntwo\n") * 2
    result = messages(mark + lines.replace(b"\n", end))
    assert [message.content.splitlines()[0] for message in result] == [
        b"Subject: a",
        b"Subject: b",
    ] * 2
    assert result[0].content.splitlines()[2] == b"From one"


def test_a_large_file_with_bare_carriage_returns_is_split_too():
    one = FROM + b"Subject: a\n\n" + b"Text of a line\n" * 3_000
    result = messages((one * 7).replace(b"\n", b"\r"))
    assert [message.content for message in result] == [one.removeprefix(FROM)] * 7


def test_carriage_returns_within_lines_do_not_split():
    text = b"Subject: a\n\n10%\r20%\r" + FROM.replace(b"\n", b"\r") + b"Subject: b\n"
    assert [message.content for message in messages(FROM + text)] == [text]


def with_length(body, length=None):
    length = len(body) if length is None else length
    return b"Subject: a\nContent-Length: %d\nX: y\n\n" % length + body


FORWARDED = b"See:\n\n" + FROM + b"Subject: forwarded\n\nText\n"


def test_a_content_length_ends_the_message():
    second = with_length(b"two\n")
    result = messages(
        FROM + with_length(FORWARDED) + b"\n" + FROM + second + b"\n" + FROM + second
    )
    assert [message.content for message in result] == [
        with_length(FORWARDED),
        second,
        second,
    ]


@pytest.mark.parametrize("length", [0, 3, 9, 60, 90, 5_000, 100_000_000])
def test_a_wrong_content_length_is_ignored(length):
    content = FROM + with_length(b"one\n\n", length) + (FROM + with_length(b"two\n\n")) * 3
    result = messages(content)
    assert [message.content for message in result] == [
        with_length(b"one\n\n", length),
        *[with_length(b"two\n\n")] * 3,
    ]


def test_wrong_content_lengths_are_read_quickly():
    lying = (FROM + with_length(b"text\n\n", 7_000_000)) * 100_000
    started = time.process_time()
    assert len(messages(lying)) == 100_000
    assert time.process_time() - started < LIMIT / 2


def test_a_quoted_separator_after_a_separator_does_not_split():
    (message,) = messages(FROM + b">" + FROM + b"Subject: a\n\ntext\n")
    assert message.content == FROM + b"Subject: a\n\ntext\n"


@pytest.mark.parametrize(
    ("content", "is_mbox"),
    [
        (FROM, True),
        (b"\n\r\n" + FROM, True),
        (b"\xef\xbb\xbf" + FROM, True),
        (FROM.replace(b"\n", b"\r"), True),
        (b"", False),
        (b"\n" * 1_000, False),
        (b"Notes\n" + FROM, False),
        (b"\0" * 1_000_000, False),
    ],
)
def test_the_first_line_identifies_an_mbox_file(content, is_mbox):
    assert begins_as_mbox(BytesIO(content)) == is_mbox


def test_a_separator_with_an_invalid_date_still_splits():
    (message,) = messages(b"From x@y.example Sun Feb 31 11:55:11 2025\nSubject: a\n\n")
    assert message.arrived is None


def test_a_quoted_from_line_is_unquoted():
    (message,) = messages(FROM + b"Subject: a\n\n>From me\n>>From you\n> From neither\n")
    assert message.content.endswith(b"\nFrom me\n>From you\n> From neither\n")


def test_a_file_in_another_format_has_no_messages():
    assert messages(b"") == []
    assert messages(b"Subject: a\n\nNo separator\n") == []
    assert messages(b"\x00\xff" * 100_000) == []


def test_text_before_the_first_separator_is_not_a_message():
    assert len(messages(b"rubbish\n" + FROM + b"Subject: a\n\n")) == 1


def test_a_separator_within_an_endless_line_does_not_split():
    piece = b"x" * 65_536 + FROM.strip() + b"\nSubject: b\n"
    assert len(messages(FROM + b"Subject: a\n\n" + piece)) == 1


def test_a_message_over_the_limit_is_cut_and_the_next_one_is_complete():
    line = b"y" * 999 + b"\n"
    large = FROM + b"Subject: a\n\n" + line * (LARGEST // len(line) + 10)
    first, second = messages(large + FROM + b"Subject: b\n\n")
    assert first.cut
    assert len(first.content) <= LARGEST
    assert (second.content, second.cut) == (b"Subject: b\n\n", False)


def test_a_large_file_is_read_in_constant_memory(tmp_path):
    file = tmp_path / "large.mbox"
    one = FROM + b"Subject: a\n\n" + (b"A long line of text " * 80 + b"\n") * 40 + b"\n"
    with file.open("wb") as stream:
        stream.writelines(one for _ in range(800))
    tracemalloc.start()
    with file.open("rb") as stream:
        assert sum(1 for _ in split_mbox(stream)) == 800
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert file.stat().st_size > 50_000_000
    assert peak < 2_000_000


@given(st.lists(st.binary(max_size=300).filter(lambda text: b"From " not in text)))
def test_every_written_message_is_read(bodies):
    content = b"".join(FROM + b"Subject: a\n\n" + body + b"\n\n" for body in bodies)
    result = messages(content)
    assert [message.content for message in result] == [
        b"Subject: a\n\n" + body + b"\n\n" for body in bodies
    ]


PIECES = st.sampled_from(
    [
        FROM,
        b"From ",
        b"Subject: a",
        b"Content-Length: ",
        b"7",
        b"\r",
        b"\n",
        b"\n\n",
        b">",
        b" ",
    ]
)


@given(st.lists(PIECES | st.binary(max_size=20)).map(b"".join))
def test_any_octets_can_be_read_and_messages_come_from_the_file(content):
    result = messages(FROM + content)
    assert sum(len(message.content) for message in result) <= len(content)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            b" ",
            b"From ",
            b"a ",
            b"Mon Apr  6 ",
            b">",
            b"\n",
            b"From \n",
            b"\r",
            b"\0",
            b"a" * 999,
        ),
        *(
            FROM,
            FROM + b"a:\n",
            b"From " + b" " * 990 + b"\n",
            b"From " + b"Mon, " * 190 + b"\n",
        ),
        *(b"From x 2025-04-06 " + b"1" * 900 + b"\n", FROM + b"Content-Length: 99\n\n"),
        FROM + b"Content-Length: 4000000\n\n",
    ],
)
def test_a_hostile_file_is_split_quickly(piece):
    # A quadratic algorithm takes four minutes.
    pieces = 1_000_000 // len(piece)
    started = time.process_time()
    assert len(messages(b"From " + piece * pieces)) <= pieces
    assert len(messages(FROM + b"Subject: a\n\n" + piece * pieces)) <= pieces + 1
    assert time.process_time() - started < LIMIT / 2


def test_a_message_of_many_lines_takes_memory_of_its_size(monkeypatch):
    # A list of the lines takes seven times as much.
    monkeypatch.setattr(mbox, "LARGEST", LARGEST // 4)
    large = BytesIO(FROM + b"Subject: a\n\n" + b"a few.\n" * 320_000)
    tracemalloc.start()
    (message,) = split_mbox(large)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message.cut
    assert peak < LARGEST
