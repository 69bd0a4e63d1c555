# SPDX-License-Identifier: MIT
import time
import tracemalloc
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.site.importers.mbox import LARGEST, split

FROM = b"From jane@example.org  Sun Apr  6 11:55:11 2025\n"


def messages(content):
    return list(split(BytesIO(content)))


def test_two_messages_are_told_apart():
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
        b"From jane@example.org  Sun Apr  6 11:55:11 2025",  # quoted, with no header behind it
        b"From ",
        b"FROM jane@example.org  Sun Apr  6 11:55:11 2025\nSubject: no",
        b">From jane@example.org  Sun Apr  6 11:55:11 2025\nSubject: no",
        b"From jane@example.org  Sun Apr  6 11:55:11\nSubject: no",
    ],
)
def test_a_line_of_the_text_that_begins_with_from_splits_nothing(line):
    found = messages(FROM + b"Subject: a\n\n" + line + b"\nmore text\n\n")
    assert len(found) == 1
    assert b"more text" in found[0].content


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
        (b"From  Sun Apr  6 11:55:11 2025", ""),
        (b"From j\xe4ne@example.org Sun Apr  6 11:55:11 2025\r", "j\ufffdne@example.org"),
    ],
)
def test_a_separator_is_known_however_its_sender_is_spelled(line, sender):
    (message,) = messages(line + b"\nSubject: a\n\nText\n")
    assert message.sender == sender
    assert message.arrived.day == 6


def test_a_separator_with_a_day_that_is_none_still_separates():
    (message,) = messages(b"From x@y.example Sun Feb 31 11:55:11 2025\nSubject: a\n\n")
    assert message.arrived is None


def test_a_guarded_line_is_as_it_was_written():
    (message,) = messages(FROM + b"Subject: a\n\n>From me\n>>From you\n> From neither\n")
    assert message.content.endswith(b"\nFrom me\n>From you\n> From neither\n")


def test_a_file_that_is_no_mbox_has_no_messages():
    assert messages(b"") == []
    assert messages(b"Subject: a\n\nNo separator\n") == []
    assert messages(b"\x00\xff" * 100_000) == []


def test_what_comes_before_the_first_separator_is_no_message():
    assert len(messages(b"rubbish\n" + FROM + b"Subject: a\n\n")) == 1


def test_a_separator_in_the_middle_of_an_endless_line_separates_nothing():
    piece = b"x" * 65_536 + FROM.strip() + b"\nSubject: b\n"
    assert len(messages(FROM + b"Subject: a\n\n" + piece)) == 1


def test_a_message_that_is_too_large_is_cut_and_the_next_one_is_whole():
    line = b"y" * 999 + b"\n"
    large = FROM + b"Subject: a\n\n" + line * (LARGEST // len(line) + 10)
    first, second = messages(large + FROM + b"Subject: b\n\n")
    assert first.cut
    assert len(first.content) <= LARGEST
    assert (second.content, second.cut) == (b"Subject: b\n\n", False)


def test_a_large_file_is_read_in_flat_memory(tmp_path):
    file = tmp_path / "large.mbox"
    one = FROM + b"Subject: a\n\n" + (b"A long line of text " * 80 + b"\n") * 40 + b"\n"
    with file.open("wb") as stream:
        stream.writelines(one for _ in range(800))
    tracemalloc.start()
    with file.open("rb") as stream:
        assert sum(1 for _ in split(stream)) == 800
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert file.stat().st_size > 50_000_000
    assert peak < 2_000_000


@given(st.lists(st.binary(max_size=300).filter(lambda text: b"From " not in text)))
def test_every_message_that_was_put_in_comes_out(bodies):
    content = b"".join(FROM + b"Subject: a\n\n" + body + b"\n\n" for body in bodies)
    found = messages(content)
    assert [message.content for message in found] == [
        b"Subject: a\n\n" + body + b"\n\n" for body in bodies
    ]


@given(st.binary())
def test_any_octets_are_survived(content):
    messages(FROM + content)


@pytest.mark.parametrize("piece", [b" ", b"From ", b"a ", b"Mon Apr  6 ", b">", b"\n", b"From \n"])
def test_a_hostile_file_is_split_in_no_time(piece):
    started = time.perf_counter()
    messages(b"From " + piece * (2_000_000 // len(piece)))
    assert time.perf_counter() - started < 5
