# SPDX-License-Identifier: MIT
"""The SQL statements of the manual have the documented effect."""

import re
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pytest

from embedded.commands import run
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.database import open_database

DOCS = Path(__file__).parents[2] / "docs"
SETTING_UP = (DOCS / "how-to/set-up-a-site.md").read_text()
SENDING = (DOCS / "how-to/send-real-mail.md").read_text()
RESUMING = (DOCS / "how-to/resume-a-run.md").read_text()


def statements(page, after=""):
    """Return the statements of *page*, or of the first block after the text *after*."""
    text = page[page.index(after) :]
    blocks = re.findall(r"^ *```sql\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    split = [one.strip() for block in blocks[: 1 if after else None] for one in block.split(";\n")]
    return [one for one in split if one not in {"", "BEGIN", "COMMIT"}]


def change(engine, *blocks):
    with engine.begin() as connection:
        for statement in chain(*blocks):
            connection.exec_driver_sql(statement)


def test_every_statement_of_the_manual_is_valid(db):
    db.add_site("lists")
    db.add_group("garden", site_id="lists")
    db.add_person("p01")
    pages = [page.read_text() for page in sorted(DOCS.rglob("*.md"))]
    blocks = [statements(page) for page in pages]
    assert len([some for some in blocks if some]) == 3
    assert len(list(chain(*blocks))) > 25
    change(db.engine, *blocks)
    assert db.rows(tables.PERSON) == db.rows(tables.USER_EMAIL) == []
    (group,) = [row for row in db.rows(tables.GROUP) if row.site_id == "lists"]
    assert (group.title, group.privacy) == ("The walled garden", "private")
    assert group.email == "garden@lists.example.org"
    assert [row.setting for row in db.rows(tables.EMAIL_SETTING)] == ["digest"]


@dataclass
class ManualSite:
    """A site created as in the manual, with Jane (p01), who posted, and Zoë."""

    home: Path
    database: Path | str
    posts: int = 0

    def __post_init__(self):
        place = [] if isinstance(self.database, Path) else ["--database", self.database]
        self.call("init", *place)
        self.import_people("p01,jane@example.org; jane@work.example", "p02,zoe@example.org")
        self.post("jane@example.org", "Apples")
        self.post("zoe@example.org", "Pears")
        self.import_archives()

    @property
    def archive(self):
        return self.home / "garden.mbox"

    def call(self, command, *arguments, code=0):
        done = run(command, *arguments, "--folder", self.home / "site")
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    def import_people(self, *people):
        lines = ["ID,addresses,groups", *(f"{one},garden" for one in people)]
        file = self.home / "people.csv"
        file.write_text("\n".join(lines), "utf-8")
        self.call("import-people", file, "--make-groups")

    def post(self, address, subject):
        self.posts += 1
        with self.archive.open("a") as file:
            file.write(
                f"From {address} Thu Oct  1 10:00:00 2026\nFrom: {address}\n"
                f"Date: Thu, 01 Oct 2026 10:00:00 +0000\nSubject: {subject}\n"
                f"Message-ID: <{self.posts}@example.org>\n\nThey are ripe.\n\n"
            )

    def forget(self, name):
        kept = re.split(r"^(?=From )", self.archive.read_text(), flags=re.MULTILINE)
        self.archive.write_text("".join(one for one in kept if name not in one.lower()))

    def import_archives(self):
        self.call("import-mbox", self.archive, "--keep-addresses")

    def preview(self, user_id, code=0):
        folder = self.home / "preview"
        return self.call("preview", user_id, "--period", "2026-10", "--to", folder, code=code)

    @contextmanager
    def opened(self):
        file = self.home / "site" / "site.sqlite3"
        engine = open_database(file if isinstance(self.database, Path) else self.database)
        try:
            yield engine
        finally:
            engine.dispose()

    def change(self, page, after):
        with self.opened() as engine:
            change(engine, statements(page, after))

    def dump(self):
        """Return the whole database as text."""
        with self.opened() as engine, engine.connect() as connection:
            every = tables.METADATA.sorted_tables
            return {one.name: str(connection.execute(one.select()).all()) for one in every}


@pytest.fixture
def site(database, tmp_path):
    return ManualSite(tmp_path, database)


def test_removed_and_erased_people_get_no_mail_after_another_import(site):
    assert "preview" in site.preview("p01")
    site.change(SETTING_UP, "**Remove a member**")
    site.import_people("p02,zoe@example.org")
    assert "p01" not in site.dump()["membership"]
    site.post("Jane@Example.org", "Back again")
    site.post("jane@work.example", "And again")
    site.import_archives()
    assert "opted out" in site.preview("p01")
    dump = site.dump()
    assert dump["post"].count("'p01'") == 3
    assert re.findall(r"\(.(\w+)", dump["person"]) == ["p01", "p02"]

    site.forget("jane")
    site.change(SETTING_UP, "**Erase a person**")
    site.import_archives()
    assert "jane" not in str(site.dump()).lower()
    assert "p01" in site.preview("p01", code=67)
    assert "preview" in site.preview("p02")


def test_the_people_file_verifies_an_address_and_keeps_bounces(site):
    people = ("p01,jane@example.org; jane@work.example", "p02,zoe@example.org")
    site.change(SENDING, "5.1.1 user unknown* and the like")
    site.import_people(*people)
    assert "no verified email addresses" in site.preview("p01")
    site.change(SENDING, "## A wrong mail server")
    assert "preview" in site.preview("p01")

    site.change(SETTING_UP, "**Unverify an address**")
    site.post("jane@example.org", "Back again")
    site.import_archives()
    assert site.dump()["user_email"].count("None") == 1
    site.import_people(*people)
    assert "None" not in site.dump()["user_email"]


def test_an_unsubscribe_mail_is_applied_by_a_statement(db):
    db.add_person("p01")
    db.add_person("p02")
    db.add_address("p01", "Jane@example.org")
    change(db.engine, statements(SENDING, "## Read what comes to the support address"))
    assert [row.user_id for row in db.rows(tables.PROFILE_NOTIFICATION_SKIP)] == ["p01"]


def test_only_the_skipped_calls_of_the_month_are_deleted(db):
    some = [(0, "2026-10"), (-8, "2026-10"), (-16, "2026-10"), (-32, "2026-10"), (-8, "2026-09")]
    for status, period in some:
        db.insert(
            tables.IDEMPOTENCY_KEY,
            key=f"{period}{status}",
            fingerprint="",
            user_id="p01",
            period=period,
            worker="",
            status=status,
            message="",
        )
    change(db.engine, statements(RESUMING))
    remaining = {(row.status, row.period) for row in db.rows(tables.IDEMPOTENCY_KEY)}
    assert remaining == {some[0], some[3], some[4]}
