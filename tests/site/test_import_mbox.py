# SPDX-License-Identifier: MIT
import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedded.database import only
from gs.profile.status.hooks import Period
from gs.profile.status.site.ingest.archives import (
    ArchiveImporter,
    Listeners,
    NoArchiveError,
    find_archives,
)
from gs.profile.status.site.ingest.archives.findings import Finding
from gs.profile.status.site.ingest.archives.importer import last_active_month
from gs.profile.status.site.ingest.archives.pseudonyms import KeepIdentities, Pseudonymizer
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.groups import SiteData

SITE = SiteData("s", "S", "https://lists.example", "support@lists.example")


class Writer:
    """Writes mbox files in the form of archives."""

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
def run_import(db, tmp_path):
    """Return a function that imports all archives and returns the findings of each."""

    def imported(anonymizer=None):
        importer = ArchiveImporter(db.engine, SITE, anonymizer or KeepIdentities(b"salt"))
        return {
            one.group_id: importer.import_archive(one)
            for one in find_archives(tmp_path / "data", Listeners(print, print))
        }

    return imported


def topics(db):
    names = {row.topic_id: row.original_subject for row in db.rows(tables.TOPIC)}
    posts = sorted(db.rows(tables.POST), key=lambda row: row.date)
    return [names[row.topic_id] for row in posts]


def test_a_file_and_a_folder_are_a_group_each(writer, run_import, db):
    writer.file("garden.mbox", writer.message())
    writer.file("Big Choir/2025-April.mbox", writer.message())
    writer.file("Big Choir/2025-January.mbox", writer.message())
    writer.file("README.md", "no mbox")
    writer.file(".hidden", writer.message())
    result = run_import()
    assert {name: findings.messages for name, findings in result.items()} == {
        "big-choir": 2,
        "garden": 1,
    }
    groups = {row.group_id: (row.title, row.email) for row in db.rows(tables.GROUP)}
    assert groups["big-choir"] == ("Big Choir", "big-choir@lists.example")


def test_a_single_file_may_be_named(writer):
    (archive,) = find_archives(
        writer.file("garden.mbox", writer.message()), Listeners(print, print)
    )
    assert archive.group_id == "garden"


def test_a_compressed_archive_is_read_too(writer, run_import, db):
    file = writer.file("garden.mbox", writer.message())
    file.with_name("choir.mbox.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.with_name("broken.mbox.gz").write_bytes(b"no gzip")
    assert set(run_import()) == {"garden", "choir"}
    assert len(db.rows(tables.POST)) == 2


@pytest.mark.parametrize("content", ["", "no mbox", "From here on there is nothing."])
def test_a_missing_archive_is_reported(writer, content):
    file = writer.file("garden.mbox", content)
    with pytest.raises(NoArchiveError):
        find_archives(file.parent, Listeners(print, print))


def test_each_skipped_file_is_reported_with_the_reason(writer):
    writer.file("choir/2025.mbox", writer.message())
    writer.file("choir/notes.txt", "Notes\n\n", writer.message())
    writer.file("empty.mbox", "")
    writer.file("lonely.mbox", "From x@y.example  Sun Apr  6 12:00:00 2025\n")
    writer.file("zipped.mbox.gz", "no gzip")
    writer.file(".hidden", "hidden")
    writer.file("choir/.hidden/notes.txt", "hidden")
    skipped, broken = [], []
    find_archives(writer.folder / "data", Listeners(skipped.append, broken.append))
    assert skipped == [
        "choir/notes.txt: not an archive (it does not begin as an mbox file); skipped",
        "empty.mbox: not an archive (it is empty); skipped",
    ]
    assert broken == [
        "lonely.mbox: not an archive (it has no message); skipped",
        "zipped.mbox.gz: not an archive (gzip cannot read it); skipped",
    ]


def test_an_attachment_is_not_reported_as_a_broken_archive(writer):
    writer.file("choir/2025.mbox", writer.message())
    writer.file("choir/attachments/2025/photos.gz", "no gzip")
    writer.file("choir/2024-May.txt.gz", "cut off")
    skipped, broken = [], []
    find_archives(writer.folder / "data", Listeners(skipped.append, broken.append))
    assert [line.partition(":")[0] for line in skipped] == ["choir/attachments/2025/photos.gz"]
    assert [line.partition(":")[0] for line in broken] == ["choir/2024-May.txt.gz"]


def test_many_skipped_files_are_reported_as_some_and_a_number(writer):
    for number in range(1_000):
        writer.file(f"choir/attachments/{number:03}.html", "<p>")
    writer.file("choir/2025.mbox", writer.message())
    skipped, broken = [], []
    find_archives(writer.folder / "data", Listeners(skipped.append, broken.append))
    assert len(skipped) == 4
    assert skipped[-1] == "choir: 997 more that are not archives; skipped"


def test_a_maildir_is_a_group(writer, run_import, db):
    for name in ("cur/2", "new/1"):
        message = writer.message(f"Mail {name}").partition("\n")[2]
        writer.file(f"choir/{name}", message)
    (writer.folder / "data/choir/tmp").mkdir()
    assert run_import()["choir"].new == 2
    assert topics(db) == ["Mail new/1", "Mail cur/2"] or len(topics(db)) == 2
    (archive,) = find_archives(writer.folder / "data/choir", Listeners(print, print))
    assert [file.name for file in archive.files] == ["1", "2"]


def test_files_are_imported_by_date_and_not_by_name(writer):
    late = writer.file("g/2025-April.mbox", writer.message(day=9))
    early = writer.file("g/2025-March.mbox", writer.message(day=2))
    assert find_archives(writer.folder / "data", Listeners(print, print))[0].files == (early, late)


def test_the_list_tag_names_the_group_and_is_removed_from_titles(writer, run_import, db):
    writer.file(
        "r-sig-geo.mbox",
        writer.message("[R-sig-Geo] Maps"),
        writer.message("Re: [R-sig-Geo] Maps"),
    )
    run_import()
    assert {row.title for row in db.rows(tables.GROUP)} >= {"R-sig-Geo"}
    assert topics(db) == ["Maps", "Maps"]
    assert len(db.rows(tables.TOPIC)) == 1


def test_a_rare_tag_is_not_the_list_tag(writer, run_import, db):
    writer.file("g.mbox", *(writer.message(s) for s in ("[PATCH] One", "Two", "Three")))
    run_import()
    assert topics(db) == ["[PATCH] One", "Two", "Three"]


def test_a_reply_joins_the_topic_of_its_parent_whatever_its_subject(writer, run_import, db):
    writer.file(
        "g.mbox",
        writer.message("Tea"),
        writer.message("Coffee!", day=7, In_Reply_To="<1@corp.example>"),
        writer.message(
            "Cake?", day=8, References="<0@x> <1@corp.example> <2@corp.example> <gone@x>"
        ),
    )
    run_import()
    assert topics(db) == ["Tea"] * 3
    (topic,) = db.rows(tables.TOPIC)
    posts = sorted(db.rows(tables.POST), key=lambda row: row.date)
    assert {post.topic_id for post in posts} == {topic.topic_id}
    assert topic.first_post_id == posts[0].post_id
    assert topic.last_post_date == datetime(2025, 4, 8, 12, tzinfo=UTC)
    assert posts[1].in_reply_to == posts[0].post_id


def test_a_reply_without_references_joins_the_latest_topic_of_its_subject(writer, run_import, db):
    writer.file(
        "g.mbox",
        writer.message("Tea", day=1),
        writer.message("Tea", day=3),
        writer.message("AW: Tea", day=4),
    )
    run_import()
    assert len(db.rows(tables.TOPIC)) == 2
    latest = max(db.rows(tables.TOPIC), key=lambda row: row.last_post_date)
    assert [row.topic_id for row in db.rows(tables.POST)].count(latest.topic_id) == 2
    assert latest.last_post_date.day == 4


@pytest.mark.parametrize(("month", "topics_then"), [("Sep", 1), ("Nov", 2)])
def test_a_subject_continues_a_topic_for_half_a_year(writer, run_import, db, month, topics_then):
    late = writer.message("Re: Tea", Date=f"6 {month} 2025 12:00:00 +0000", day=6)
    writer.file("g.mbox", writer.message("Tea"), late.replace("Sun Apr", f"Sun {month}"))
    run_import()
    assert len(db.rows(tables.TOPIC)) == topics_then


def test_an_active_topic_is_continued_by_its_subject_after_half_a_year(writer, run_import, db):
    months = ("Apr", "Aug", "Dec")
    replies = [
        writer.message("Re: Tea", Date=f"6 {month} 2025 12:00:00 +0000").replace(
            "Sun Apr", f"Sun {month}"
        )
        for month in months
    ]
    writer.file("g.mbox", writer.message("Tea"), *replies)
    run_import()
    (topic,) = db.rows(tables.TOPIC)
    assert [row.topic_id for row in db.rows(tables.POST)] == [topic.topic_id] * 4


def test_a_reply_does_not_continue_a_topic_that_began_later(writer, run_import, db):
    writer.file("g.mbox", writer.message("Tea", day=20), writer.message("Re: Tea", day=3))
    run_import()
    assert len(db.rows(tables.TOPIC)) == 2


def test_a_reply_in_another_import_continues_a_topic_by_its_subject_too(writer, run_import, db):
    first, reply = writer.message("Tea"), writer.message("Antwort: [EXT] Tea", day=9)
    writer.file("g.mbox", first)
    run_import()
    writer.file("g.mbox", first, reply)
    run_import()
    (topic,) = db.rows(tables.TOPIC)
    assert [row.topic_id for row in db.rows(tables.POST)] == [topic.topic_id] * 2
    assert topic.last_post_date.day == 9


def test_messages_without_a_subject_have_separate_topics(writer, run_import, db):
    writer.file("g.mbox", writer.message(""), writer.message("Re:"), writer.message("Re: "))
    run_import()
    assert len(db.rows(tables.TOPIC)) == 3


def test_a_parent_joins_the_topic_of_an_earlier_reply(writer, run_import, db):
    writer.file(
        "g.mbox",
        writer.message("Re: Tea", day=7, In_Reply_To="<2@corp.example>"),
        writer.message("Tea", day=6),
    )
    run_import()
    (topic,) = db.rows(tables.TOPIC)
    assert [row.topic_id for row in db.rows(tables.POST)] == [topic.topic_id] * 2
    assert topic.last_post_date.day == 7


def test_the_same_subject_in_two_groups_is_two_topics(writer, run_import, db):
    writer.file("g.mbox", writer.message("Tea"))
    writer.file("h.mbox", writer.message("Re: Tea"))
    run_import()
    assert len(db.rows(tables.TOPIC)) == 2


def test_a_message_in_two_groups_is_a_post_in_each(writer, run_import, db):
    message = writer.message()
    writer.file("g.mbox", message)
    writer.file("h.mbox", message)
    run_import()
    assert len(db.rows(tables.POST)) == 2


def test_a_second_import_adds_nothing(writer, run_import, db):
    writer.file(
        "g.mbox",
        writer.message(),
        writer.message("Again"),
        writer.message(Message_ID=None),
    )
    first = run_import()["g"]
    before = {table: db.rows(table) for table in tables.METADATA.sorted_tables}
    again = run_import()["g"]
    assert (first.messages, first.new) == (3, 3)
    assert (again.messages, again.new, again[Finding.ALREADY_THERE]) == (3, 0, 3)
    assert {table: db.rows(table) for table in tables.METADATA.sorted_tables} == before


def test_a_duplicate_message_is_one_post(writer, run_import, db):
    same = writer.message()
    writer.file("g.mbox", same, same, same.replace("Text.", "Text.\n--\nA footer of the list"))
    result = run_import()["g"]
    assert (result.messages, result.new, result[Finding.ALREADY_THERE]) == (3, 1, 2)
    assert len(db.rows(tables.POST)) == 1


def test_messages_with_one_id_and_different_dates_are_all_kept(writer, run_import, db):
    messages = [writer.message(day=day, Message_ID="<fixed@corp.example>") for day in (5, 6, 7)]
    writer.file("g.mbox", *messages, *messages)
    result = run_import()["g"]
    assert (result.new, result[Finding.REPEATED_ID]) == (3, 2)
    assert (run_import()["g"].new, len(db.rows(tables.POST))) == (0, 3)


def test_an_interrupted_import_is_completed_by_the_next(writer, run_import, db):
    messages = [writer.message(f"Topic {n % 7}", day=1 + n % 28) for n in range(1_200)]
    writer.file("g.mbox", *messages)

    class UnpluggedError(Exception):
        pass

    class Cut(KeepIdentities):
        remaining = 1_400

        def redact(self, text):
            Cut.remaining -= 1
            if not Cut.remaining:
                raise UnpluggedError
            return text

    with pytest.raises(UnpluggedError):
        run_import(Cut(b"salt"))
    assert 0 < len(db.rows(tables.POST)) < 1_200
    assert run_import()["g"].messages == 1_200
    assert len(db.rows(tables.POST)) == 1_200


def test_a_second_import_adds_new_messages(writer, run_import, db):
    first = writer.message()
    writer.file("g.mbox", first)
    run_import()
    writer.file("g.mbox", first, writer.message("Re: Tea", day=9))
    assert run_import()["g"].new == 1
    (topic,) = db.rows(tables.TOPIC)
    assert [row.topic_id for row in db.rows(tables.POST)] == [topic.topic_id] * 2


def test_a_message_in_two_files_of_a_group_is_one_post(writer, run_import, db):
    message = writer.message()
    writer.file("g/2025.mbox", message)
    writer.file("g/2025-April.mbox", message)
    run_import()
    assert len(db.rows(tables.POST)) == 1


def test_the_same_address_is_one_person_in_all_groups(writer, run_import, db):
    writer.file("g.mbox", writer.message(), writer.message(sender="jane at corp.example (J. L.)"))
    writer.file("h.mbox", writer.message(sender="JANE@corp.example"))
    run_import()
    (person,) = db.rows(tables.PERSON)
    assert person.name == "Jane Lacasse"
    places = {row.group_id for row in db.rows(tables.MEMBERSHIP)}
    assert places == {"", "g", "h"}
    (email,) = db.rows(tables.USER_EMAIL)
    assert (email.email, email.is_preferred) == ("jane@corp.example", True)
    assert email.verified_date == datetime(2025, 4, 6, 12, tzinfo=UTC)


def test_a_known_address_belongs_to_its_person(writer, run_import, db):
    db.add_person("anna", "choir", name="Anna of the register", email=False)
    db.add_address("anna", "Jane@Corp.example")
    writer.file("g.mbox", writer.message(sender="Another Name <JANE@corp.EXAMPLE>"))
    run_import()
    assert [row.user_id for row in db.rows(tables.POST)] == ["anna"]
    assert [row.name for row in db.rows(tables.PERSON)] == ["Anna of the register"]
    assert [row.email for row in db.rows(tables.USER_EMAIL)] == ["Jane@Corp.example"]
    places = {(row.user_id, row.group_id) for row in db.rows(tables.MEMBERSHIP)}
    assert places == {("anna", ""), ("anna", "choir"), ("anna", "g")}


def test_an_archive_does_not_overwrite_a_name(writer, run_import, db):
    message = writer.message()
    writer.file("g.mbox", message)
    run_import()
    with db.engine.begin() as connection:
        connection.execute(tables.PERSON.update().values(name="Renamed"))
    writer.file("g.mbox", message, writer.message("New"))
    assert run_import()["g"].new == 1
    assert [row.name for row in db.rows(tables.PERSON)] == ["Renamed"]


def test_a_removed_member_rejoins_only_with_a_new_post(writer, run_import, db):
    message = writer.message()
    writer.file("g.mbox", message)
    run_import()
    remaining = tables.MEMBERSHIP.c.group_id == "g"
    with db.engine.begin() as connection:
        connection.execute(tables.MEMBERSHIP.delete().where(remaining))
    run_import()
    assert {row.group_id for row in db.rows(tables.MEMBERSHIP)} == {""}
    writer.file("g.mbox", message, writer.message("New"))
    run_import()
    assert {row.group_id for row in db.rows(tables.MEMBERSHIP)} == {"", "g"}


def test_the_number_of_statements_does_not_grow_with_the_messages(writer, run_import, db):
    def statements(name, number):
        people = [f"P{n} <p{n}@corp.example>" for n in range(number)]
        writer.file(f"{name}.mbox", *(writer.message(f"Re: T{one[:3]}", one) for one in people))
        with db.queries() as skipped:
            run_import()
        return len(skipped)

    assert statements("few", 20) <= 20
    assert statements("many", 450) <= 40


def test_a_masked_address_gets_no_mail(writer, run_import, db):
    writer.file("g.mbox", writer.message(sender="n|ko @end|ng |rom gm@||@com (Niko)"))
    run_import()
    assert [row.name for row in db.rows(tables.PERSON)] == ["Niko"]
    assert db.rows(tables.USER_EMAIL) == []


def test_people_without_an_address_are_counted_once_and_not_with_pseudonyms(writer, run_import):
    masked = "n|ko @end|ng |rom gm@||@com (Niko)"
    messages = [writer.message(sender=masked) for _ in range(3)]
    other = writer.message(sender="k@te @end|ng |rom example.org (Kate)")
    writer.file("g.mbox", *messages, other, writer.message())
    findings = run_import()["g"]
    assert findings[Finding.UNREACHABLE] == 2
    assert "2 senders have no address that mail can reach: they get no mail" in findings.lines()
    assert run_import()["g"][Finding.UNREACHABLE] == 2
    assert run_import(Pseudonymizer(b"salt"))["g"][Finding.UNREACHABLE] == 0


def test_pseudonyms_replace_all_names_and_addresses(writer, run_import, db, tmp_path):
    text = "Jane wrote to jane@corp.example\n\nJane Lacasse"
    writer.file("g.mbox", writer.message(body=text, X_Secret="jane@corp.example"))
    anonymizer = Pseudonymizer(b"salt")
    importer = ArchiveImporter(db.engine, SITE, anonymizer)
    for archive in find_archives(tmp_path / "data", Listeners(print, print)):
        importer.register_senders(archive)
    run_import(anonymizer)
    (post,) = db.rows(tables.POST)
    assert "wrote to" in post.body
    db.engine.dispose()
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("site.sqlite3*"))
    for secret in (b"corp.example", b"Jane", b"jane", b"Lacasse"):
        assert secret not in kept


def test_a_message_without_a_date_gets_the_date_of_the_previous_one(writer, run_import, db):
    undated = writer.message(Date=None).replace("Sun Apr  6", "Sun Feb 31")
    writer.file("g.mbox", writer.message(day=5), undated)
    assert run_import()["g"][Finding.NO_DATE_AT_ALL] == 1
    assert {row.date.day for row in db.rows(tables.POST)} == {5}


def test_a_repeated_message_without_a_date_is_one_post(writer, run_import):
    undated = writer.message(Date=None).replace("Sun Apr  6", "Sun Feb 31")
    writer.file("g.mbox", writer.message(day=5), undated, writer.message(day=7), undated)
    result = run_import()["g"]
    assert (result.new, result[Finding.ALREADY_THERE], result[Finding.REPEATED_ID]) == (3, 1, 0)


@pytest.mark.parametrize("fields", [{}, {"Date": None, "subject": "Re: Tea"}])
@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_message_from_an_impossible_year_is_imported(writer, run_import, db, fields, year):
    odd = writer.message(**fields).replace("12:00:00 2025\n", f"12:00:00 {year}\n", 1)
    writer.file("g.mbox", writer.message(day=5), odd)
    assert run_import()["g"].new == 2
    assert {row.date.year for row in db.rows(tables.POST)} == {2025}


def test_a_message_without_a_sender_has_no_author(writer, run_import, db):
    message = writer.message(sender="").replace("From x@corp.example", "From -")
    writer.file("g.mbox", message)
    assert run_import()["g"][Finding.NO_SENDER] == 1
    assert [row.user_id for row in db.rows(tables.POST)] == [""]
    assert db.rows(tables.PERSON) == []


@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    b"From x@y.example  Sun Apr  6 12:00:00 2025\n",
                    b"From: a <a@b.example>\n",
                ),
                *(
                    b"Message-ID: <1@x>\n",
                    b"In-Reply-To: <1@x>\n",
                    b"Subject: Re: a\n",
                    b"\n",
                ),
                *(
                    b"Date: Sun, 6 Apr 2025 12:00:00 +0000\n",
                    b"Content-Type: multipart/x;",
                ),
                *(
                    b" boundary=b\n",
                    b"--b\n",
                    b"\0",
                    b"\xff",
                    b"=?utf-8?q?=00=ED=A0=80?=",
                    b"\r",
                ),
            ]
        )
        | st.binary(max_size=10)
    ).map(b"".join)
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@only("postgresql")  # which refuses more characters than SQLite
def test_any_octets_can_be_imported(db, tmp_path, content):
    file = tmp_path / "hostile.mbox"
    file.write_bytes(b"From x@y.example  Sun Apr  6 12:00:00 2025\nFrom: a@b.example\n" + content)
    importer = ArchiveImporter(db.engine, SITE, KeepIdentities(b"salt"))
    (archive,) = find_archives(file, Listeners(print, print))
    importer.import_archive(archive)
    assert importer.import_archive(archive).new == 0


def test_hostile_headers_are_imported_as_safe_text(writer, run_import, db):
    writer.file(
        "g.mbox",
        writer.message(
            "\u202e<script>\x00\x1b" + "x" * 10_000, sender="\u202e<b>\x00 <jane@corp.example>"
        ),
        writer.message("=?utf-8?q?=0D=0ABcc:_x?=", sender="=?utf-7?q?+2AA-?= <joe@corp.example>"),
    )
    run_import()
    for row in db.rows(tables.POST):
        assert not set(row.subject) & set("\u202e\0\x1b\r\n")
    for row in db.rows(tables.PERSON):
        assert not set(row.name) & set("\u202e\0\x1b\r\n")
        row.name.encode()


# The last active month

TODAY = Period(2026, 11)


def month(number, year=2026):
    return Period(year, number)


def test_an_active_archive_has_no_last_active_month():
    assert last_active_month({month(10): 3}, TODAY) is None
    assert last_active_month({month(9): 300, month(11): 1}, TODAY) is None


def test_an_empty_archive_has_no_last_active_month():
    assert last_active_month({}, TODAY) is None


def test_the_newest_usual_month_is_the_last_active_one():
    months = {month(number): 40 for number in range(1, 8)}
    assert last_active_month(months, TODAY) == month(7)


def test_an_incomplete_month_is_not_the_last_active_one():
    usual = {month(number, 2025): 80 for number in range(1, 13)}
    months = usual | {month(number): 80 for number in range(1, 6)} | {month(6): 39, month(7): 5}
    assert last_active_month(months, TODAY) == month(5)


def test_an_archive_of_few_months_has_a_last_active_month():
    assert last_active_month({month(3): 1}, TODAY) == month(3)
    assert last_active_month({month(3, 2020): 100, month(3): 1}, TODAY) == month(3)


def test_old_months_do_not_count():
    months = {month(number, 2020): 9_000 for number in range(1, 13)} | {month(7): 20, month(5): 30}
    assert last_active_month(months, TODAY) == month(7)


def test_future_months_do_not_count():
    months = {month(number, 2015): 40 for number in range(1, 13)}
    assert last_active_month(months | {month(1, 2038): 1}, TODAY) == month(12, 2015)
    assert last_active_month(months | {month(12): 1}, TODAY) == month(12, 2015)
    assert last_active_month({month(1, 2038): 1}, TODAY) is None
