# SPDX-License-Identifier: MIT
import gzip
from datetime import UTC, datetime

import pytest

from gs.profile.status.site.importers import Intake, NoArchiveError, find_archives
from gs.profile.status.site.importers.disguise import Disguise, Plain
from gs.profile.status.site.importers.findings import Finding
from gs.profile.status.site.store import tables


class Writer:
    """Writes mbox files, as archives have them."""

    def __init__(self, folder):
        self.folder = folder
        self.number = 0

    def message(self, subject="Tea", sender="Jane Lacasse <jane@corp.example>", day=6, **fields):
        self.number += 1
        head = {"From": sender, "Date": f"{day} Apr 2025 12:00:00 +0000", "Subject": subject}
        head |= {"Message-ID": f"<{self.number}@corp.example>"}
        head |= {name.replace("_", "-"): value for name, value in fields.items()}
        body = head.pop("body", "Text.")
        lines = [f"{name}: {value}" for name, value in head.items() if value is not None]
        separator = f"From x@corp.example  Sun Apr {day:2} 12:00:00 2025"
        return "\n".join([separator, *lines, "", body, "", ""])

    def file(self, name, *messages):
        file = self.folder / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(messages))
        return file


@pytest.fixture
def writer(tmp_path):
    return Writer(tmp_path)


@pytest.fixture
def take(town, tmp_path):
    """Give a function that takes all archives in, and returns what was found in each."""

    def taken(wardrobe=None):
        intake = Intake(town.engine, "s", "lists.example", wardrobe or Plain(b"salt"))
        return {one.group_id: intake.take(one) for one in find_archives(tmp_path / "data")}

    return taken


def topics(town):
    names = {row.topic_id: row.original_subject for row in town.rows(tables.TOPIC)}
    posts = sorted(town.rows(tables.POST), key=lambda row: row.date)
    return [names[row.topic_id] for row in posts]


def test_a_file_and_a_folder_are_a_group_each(writer, take, town):
    writer.file("garden.mbox", writer.message())
    writer.file("Big Choir/2025-April.mbox", writer.message())
    writer.file("Big Choir/2025-January.mbox", writer.message())
    writer.file("README.md", "no mbox")
    writer.file(".hidden", writer.message())
    found = take()
    assert {name: findings.messages for name, findings in found.items()} == {
        "big-choir": 2,
        "garden": 1,
    }
    groups = {row.group_id: (row.title, row.email) for row in town.rows(tables.GROUP)}
    assert groups["big-choir"] == ("Big Choir", "big-choir@lists.example")


def test_a_single_file_may_be_named(writer):
    (archive,) = find_archives(writer.file("garden.mbox", writer.message()))
    assert archive.group_id == "garden"


def test_a_compressed_archive_is_read_too(writer, take, town):
    file = writer.file("garden.mbox", writer.message())
    file.with_name("choir.mbox.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.with_name("broken.mbox.gz").write_bytes(b"no gzip")
    assert set(take()) == {"garden", "choir"}
    assert len(town.rows(tables.POST)) == 2


@pytest.mark.parametrize("content", ["", "no mbox", "From here on there is nothing."])
def test_where_there_is_no_archive_that_is_said(writer, content):
    file = writer.file("garden.mbox", content)
    with pytest.raises(NoArchiveError):
        find_archives(file.parent)


def test_files_are_taken_in_by_date_and_not_by_name(writer):
    late = writer.file("g/2025-April.mbox", writer.message(day=9))
    early = writer.file("g/2025-March.mbox", writer.message(day=2))
    assert find_archives(writer.folder / "data")[0].files == (early, late)


def test_the_tag_of_the_list_names_the_group_and_is_no_part_of_titles(writer, take, town):
    writer.file(
        "r-sig-geo.mbox",
        writer.message("[R-sig-Geo] Maps"),
        writer.message("Re: [R-sig-Geo] Maps"),
    )
    take()
    assert {row.title for row in town.rows(tables.GROUP)} >= {"R-sig-Geo"}
    assert topics(town) == ["Maps", "Maps"]
    assert len(town.rows(tables.TOPIC)) == 1


def test_a_tag_of_a_few_messages_is_not_the_lists(writer, take, town):
    writer.file("g.mbox", *(writer.message(s) for s in ("[PATCH] One", "Two", "Three")))
    take()
    assert topics(town) == ["[PATCH] One", "Two", "Three"]


def test_an_answer_is_in_the_topic_of_what_it_answers_whatever_its_subject(writer, take, town):
    writer.file(
        "g.mbox",
        writer.message("Tea"),
        writer.message("Coffee!", day=7, In_Reply_To="<1@corp.example>"),
        writer.message(
            "Cake?", day=8, References="<0@x> <1@corp.example> <2@corp.example> <gone@x>"
        ),
    )
    take()
    assert topics(town) == ["Tea"] * 3
    (topic,) = town.rows(tables.TOPIC)
    posts = sorted(town.rows(tables.POST), key=lambda row: row.date)
    assert topic.num_posts == 3
    assert (topic.first_post_id, topic.last_post_id) == (posts[0].post_id, posts[2].post_id)
    assert topic.last_post_date == datetime(2025, 4, 8, 12, tzinfo=UTC)
    assert posts[1].in_reply_to == posts[0].post_id


def test_a_reply_without_references_joins_the_latest_topic_of_its_subject(writer, take, town):
    writer.file(
        "g.mbox",
        writer.message("Tea", day=1),
        writer.message("Tea", day=3),
        writer.message("AW: Tea", day=4),
    )
    take()
    assert len(town.rows(tables.TOPIC)) == 2
    latest = max(town.rows(tables.TOPIC), key=lambda row: row.last_post_date)
    assert latest.num_posts == 2
    assert latest.last_post_date.day == 4


def test_an_answer_that_comes_first_is_joined_by_what_it_answers(writer, take, town):
    writer.file(
        "g.mbox",
        writer.message("Re: Tea", day=7, In_Reply_To="<2@corp.example>"),
        writer.message("Tea", day=6),
    )
    take()
    (topic,) = town.rows(tables.TOPIC)
    assert topic.num_posts == 2
    assert topic.last_post_date.day == 7


def test_the_same_subject_in_two_groups_is_two_topics(writer, take, town):
    writer.file("g.mbox", writer.message("Tea"))
    writer.file("h.mbox", writer.message("Re: Tea"))
    take()
    assert len(town.rows(tables.TOPIC)) == 2


def test_a_message_in_two_groups_is_a_post_in_each(writer, take, town):
    message = writer.message()
    writer.file("g.mbox", message)
    writer.file("h.mbox", message)
    take()
    assert len(town.rows(tables.POST)) == 2


def test_taking_in_again_adds_nothing(writer, take, town):
    same = writer.message("Again")
    writer.file("g.mbox", writer.message(), same, same, writer.message(Message_ID=None))
    first = take()["g"]
    before = {table: town.rows(table) for table in tables.METADATA.sorted_tables}
    again = take()["g"]
    assert (first.messages, first.new, first[Finding.REPEATED_ID]) == (4, 4, 1)
    assert (again.messages, again.new, again[Finding.ALREADY_THERE]) == (4, 0, 4)
    assert {table: town.rows(table) for table in tables.METADATA.sorted_tables} == before


def test_taking_in_again_adds_what_is_new(writer, take, town):
    first = writer.message()
    writer.file("g.mbox", first)
    take()
    writer.file("g.mbox", first, writer.message("Re: Tea", day=9))
    assert take()["g"].new == 1
    assert town.rows(tables.TOPIC)[0].num_posts == 2


def test_a_message_in_two_files_of_a_group_is_one_post(writer, take, town):
    message = writer.message()
    writer.file("g/2025.mbox", message)
    writer.file("g/2025-April.mbox", message)
    take()
    assert len(town.rows(tables.POST)) == 1


def test_the_same_address_is_one_person_in_all_groups(writer, take, town):
    writer.file("g.mbox", writer.message(), writer.message(sender="jane at corp.example (J. L.)"))
    writer.file("h.mbox", writer.message(sender="JANE@corp.example"))
    take()
    (person,) = town.rows(tables.PERSON)
    assert person.name == "Jane Lacasse"
    places = {row.group_id for row in town.rows(tables.MEMBERSHIP)}
    assert places == {"", "g", "h"}
    (email,) = town.rows(tables.USER_EMAIL)
    assert (email.email, email.is_preferred) == ("jane@corp.example", True)
    assert email.verified_date == datetime(2025, 4, 6, 12, tzinfo=UTC)


def test_whose_address_is_masked_cannot_get_mail(writer, take, town):
    writer.file("g.mbox", writer.message(sender="n|ko @end|ng |rom gm@||@com (Niko)"))
    take()
    assert [row.name for row in town.rows(tables.PERSON)] == ["Niko"]
    assert town.rows(tables.USER_EMAIL) == []


def test_nothing_of_names_and_addresses_is_left_behind_a_disguise(writer, take, town, tmp_path):
    text = "Jane wrote to jane@corp.example\n\nJane Lacasse"
    writer.file("g.mbox", writer.message(body=text, X_Secret="jane@corp.example"))
    wardrobe = Disguise(b"salt")
    intake = Intake(town.engine, "s", "lists.example", wardrobe)
    for archive in find_archives(tmp_path / "data"):
        intake.learn(archive)
    take(wardrobe)
    (post,) = town.rows(tables.POST)
    assert "wrote to" in post.body
    town.engine.dispose()
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("site.sqlite3*"))
    for secret in (b"corp.example", b"Jane", b"jane", b"Lacasse"):
        assert secret not in kept


def test_a_message_without_any_date_has_that_of_the_one_before(writer, take, town):
    undated = writer.message(Date=None).replace("Sun Apr  6", "Sun Feb 31")
    writer.file("g.mbox", writer.message(day=5), undated)
    assert take()["g"][Finding.NO_DATE_AT_ALL] == 1
    assert {row.date.day for row in town.rows(tables.POST)} == {5}


def test_nobody_is_the_author_of_a_message_that_nobody_sent(writer, take, town):
    message = writer.message(sender="").replace("From x@corp.example", "From -")
    writer.file("g.mbox", message)
    assert take()["g"][Finding.NO_SENDER] == 1
    assert [row.user_id for row in town.rows(tables.POST)] == [""]
    assert town.rows(tables.PERSON) == []


def test_hostile_headers_are_taken_in_and_made_harmless(writer, take, town):
    writer.file(
        "g.mbox",
        writer.message(
            "\u202e<script>\x00\x1b" + "x" * 10_000, sender="\u202e<b>\x00 <jane@corp.example>"
        ),
        writer.message("=?utf-8?q?=0D=0ABcc:_x?=", sender="=?utf-7?q?+2AA-?= <joe@corp.example>"),
    )
    take()
    for row in town.rows(tables.POST):
        assert not set(row.subject) & set("\u202e\0\x1b\r\n")
    for row in town.rows(tables.PERSON):
        assert not set(row.name) & set("\u202e\0\x1b\r\n")
        row.name.encode()
