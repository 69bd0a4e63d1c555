# SPDX-License-Identifier: MIT
"""The import of real archives, if they exist; the project must not contain any of their text."""

import re
from pathlib import Path

import pytest

from embedded.database import site_database
from gs.profile.status.site.ingest.archives import Listeners, find_archives
from gs.profile.status.site.ingest.archives.findings import Finding
from gs.profile.status.site.ingest.archives.importer import find_site, import_archives
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.options import Option, write_option

ARCHIVES = Path(__file__).parents[3] / "shared" / "data" / "r-lists"
# The first line of each message, and no other line, matches this.
BEGINNING = re.compile(rb"^From .*\d{4}\nFrom: (.*)\n", re.MULTILINE)

pytestmark = pytest.mark.skipif(
    not ARCHIVES.is_dir(), reason=f"There are no archives in {ARCHIVES}"
)


@pytest.fixture(scope="module")
def first_lines():
    return {
        folder.name: [
            line for file in folder.iterdir() for line in BEGINNING.findall(file.read_bytes())
        ]
        for folder in ARCHIVES.iterdir()
    }


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """Yield the imported site and the findings of the first and the second import."""
    imports = []
    with site_database(tmp_path_factory.mktemp("r-lists")) as db:
        with db.engine.begin() as connection:
            write_option(connection, Option.SALT, "5a17")
        for _ in range(2):
            collected = {}
            import_archives(
                db.engine,
                find_site(db.engine, "R"),
                find_archives(ARCHIVES, Listeners(print, print)),
                lambda archive, findings, collected=collected: collected.update(
                    {archive.group_id: findings}
                ),
                keep_addresses=False,
            )
            imports.append(collected)
        yield db, *imports


def test_no_message_is_lost(imported, first_lines):
    db, first, _ = imported
    assert {name: findings.messages for name, findings in first.items()} == {
        name: len(senders) for name, senders in first_lines.items()
    }
    # Two messages are duplicates.
    assert sum(map(len, first_lines.values())) == 1_831
    assert len(db.rows(tables.POST)) == 1_829
    assert sum(findings.new for findings in first.values()) == 1_829


def test_a_second_import_of_the_lists_adds_nothing(imported):
    _, _, again = imported
    assert {findings.new for findings in again.values()} == {0}
    assert sum(findings[Finding.ALREADY_THERE] for findings in again.values()) == 1_831


def test_each_sender_is_one_person_with_an_address(imported, first_lines):
    db, *_ = imported
    senders = {
        line.rsplit(b" (", 1)[0].lower() for lines in first_lines.values() for line in lines
    }
    assert len(db.rows(tables.PERSON)) == len(db.rows(tables.USER_EMAIL)) == len(senders)


def test_masked_addresses_are_reported_when_addresses_are_kept(tmp_path, first_lines):
    collected = []
    with site_database(tmp_path) as db:
        import_archives(
            db.engine,
            find_site(db.engine, "R"),
            [
                one
                for one in find_archives(ARCHIVES, Listeners(print, print))
                if one.group_id == "r-sig-mac"
            ],
            lambda _, findings: collected.append(findings[Finding.UNREACHABLE]),
            keep_addresses=True,
        )
    assert collected == [
        len({line.rsplit(b" (", 1)[0].lower() for line in first_lines["r-sig-mac"]})
    ]


def test_no_real_address_is_imported(imported, first_lines):
    db, *_ = imported
    kept = "\n".join(
        str(tuple(row)) for table in tables.METADATA.sorted_tables for row in db.rows(table)
    )
    senders = {
        line.rsplit(b" (", 1)[0].decode() for lines in first_lines.values() for line in lines
    }
    assert [sender for sender in senders if sender in kept] == []
    domains = set(re.findall(r"[\w.+-]+@([\w-]+\.[\w.-]*\w)", kept))
    assert domains <= {"example.org", "lists.example.org"}


def test_no_full_name_of_a_sender_is_imported(imported, first_lines):
    db, *_ = imported
    kept = "\n".join(f"{row.subject}\n{row.body}" for row in db.rows(tables.POST))
    names = {line.rsplit(b" (", 1)[1][:-1].decode() for ls in first_lines.values() for line in ls}
    whole = {name for name in names if re.fullmatch(r"[A-Z][a-z]{3,} [A-Z][a-z]{3,}", name)}
    assert len(whole) > 100
    assert [name for name in whole if name in kept and re.search(rf"\b{name}\b", kept)] == []


def test_every_message_is_in_a_topic_with_correct_figures(imported):
    db, *_ = imported
    posts = {}
    for row in db.rows(tables.POST):
        posts.setdefault(row.topic_id, []).append(row)
    for topic in db.rows(tables.TOPIC):
        rows = posts.pop(topic.topic_id)
        assert topic.last_post_date == max(row.date for row in rows)
        assert topic.first_post_id in {row.post_id for row in rows}
        assert not topic.original_subject.startswith("Re:")
    assert posts == {}


def test_no_title_begins_with_the_list_tag(imported):
    db, *_ = imported
    tags = {"r-devel": "[Rd]", "r-package-devel": "[R-pkg-devel]", "r-sig-geo": "[R-sig-Geo]"}
    for topic in db.rows(tables.TOPIC):
        assert not topic.original_subject.startswith(tags.get(topic.group_id, "[R-"))


def test_groups_have_the_names_of_their_lists(imported):
    db, *_ = imported
    titles = {row.title for row in db.rows(tables.GROUP)}
    assert {"R-sig-Geo", "R-SIG-Mac", "R-SIG-Finance", "r-devel"} <= titles
