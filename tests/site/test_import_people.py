# SPDX-License-Identifier: MIT
import io
from datetime import UTC, datetime

import pytest

from embedded.database import VERIFIED, only
from gs.profile.status.site.ingest.identifiers import identifier_of
from gs.profile.status.site.ingest.people import InvalidRowsError, NotACsvError, import_people
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.options import IdentityModeError, Option, write_option

NOW = datetime(2026, 4, 2, 9, tzinfo=UTC)
HEADER = "ID,name,addresses,language,time zone,groups,role\n"
SALT = "5a17"


@pytest.fixture
def import_csv(db):
    """Return a function that imports the text of a CSV file."""
    with db.engine.begin() as connection:
        write_option(connection, Option.SALT, SALT)

    def run(text, *, dry_run=False, make_groups=False):
        content = text if isinstance(text, bytes) else text.encode()
        return import_people(
            db.engine, io.BytesIO(content), NOW, make_groups=make_groups, dry_run=dry_run
        )

    return run


@pytest.fixture
def errors(import_csv):
    """Return a function that gives the errors of the text of a CSV file."""

    def run(text, **options):
        with pytest.raises(InvalidRowsError) as caught:
            import_csv(text, **options)
        return caught.value.errors.lines

    return run


def people_of(db):
    rows = db.rows(tables.PERSON)
    return {row.user_id: (row.name, row.language, row.timezone) for row in rows}


def addresses_of(db):
    rows = db.rows(tables.USER_EMAIL)
    return {row.email: (row.user_id, row.is_preferred) for row in rows if row.verified_date}


def roles_of(db):
    rows = db.rows(tables.MEMBERSHIP)
    return {(row.user_id, row.site_id, row.group_id): row.role for row in rows}


def test_a_row_adds_a_person_with_addresses_and_groups(db, import_csv):
    counts = import_csv(
        HEADER + "u1,Jane Smith,jane@example.org; jane@work.example,de-AT,Europe/Vienna,g,admin\n"
    )
    assert (counts.new, counts.addresses, counts.memberships) == (1, 2, 2)
    assert (counts.changed, counts.unchanged) == (0, 0)
    assert people_of(db) == {"u1": ("Jane Smith", "de-AT", "Europe/Vienna")}
    assert addresses_of(db) == {
        "jane@example.org": ("u1", True),
        "jane@work.example": ("u1", False),
    }
    assert roles_of(db) == {("u1", "s", ""): "member", ("u1", "s", "g"): "admin"}


def test_importing_again_changes_nothing(db, import_csv):
    text = HEADER + "u1,Jane,jane@example.org,de,UTC,g,admin\n,,max@example.org,,,g,\n"
    import_csv(text)
    before = [db.rows(table) for table in (tables.PERSON, tables.USER_EMAIL, tables.MEMBERSHIP)]
    counts = import_csv(text)
    assert (counts.new, counts.changed, counts.unchanged) == (0, 0, 2)
    assert (counts.addresses, counts.memberships) == (0, 0)
    after = [db.rows(table) for table in (tables.PERSON, tables.USER_EMAIL, tables.MEMBERSHIP)]
    assert after == before


def test_a_cell_replaces_the_old_value_unless_it_is_empty(db, import_csv):
    import_csv(HEADER + "u1,Jane,jane@example.org,de,Europe/Berlin,g,admin\n")
    counts = import_csv("role,groups,ID,language\n,g,u1,fr\n")
    assert (counts.new, counts.changed) == (0, 1)
    assert people_of(db) == {"u1": ("Jane", "fr", "Europe/Berlin")}
    assert addresses_of(db) == {"jane@example.org": ("u1", True)}
    assert roles_of(db)["u1", "s", "g"] == "admin"
    import_csv("ID,groups,role\nu1,g,member\n")
    assert roles_of(db)["u1", "s", "g"] == "member"


def test_the_first_address_becomes_the_preferred_one(db, import_csv):
    import_csv(HEADER + "u1,Jane,old@example.org,,,,\n")
    import_csv(HEADER + "u1,,NEW@example.org old@example.org,,,,\n")
    assert addresses_of(db) == {
        "NEW@example.org": ("u1", True),
        "old@example.org": ("u1", False),
    }
    # Case does not matter, and the preferred address is kept.
    assert import_csv(HEADER + "u1,,new@example.ORG,,,,\n").unchanged == 1


def test_an_unverified_address_is_verified(db, import_csv):
    db.add_person("u1", email=False)
    db.add_address("u1", "jane@example.org", verified=None, preferred=False)
    assert import_csv(HEADER + "u1,,Jane@example.org,,,,\n").changed == 1
    assert addresses_of(db) == {"jane@example.org": ("u1", True)}


def test_a_verified_address_keeps_its_date(db, import_csv):
    db.add_person("u1")
    import_csv(HEADER + "u1,,u1@example.org,,,,\n")
    assert [row.verified_date for row in db.rows(tables.USER_EMAIL)] == [VERIFIED]


def test_a_person_may_have_several_rows(db, import_csv):
    counts = import_csv(
        HEADER + "u1,Jane,a@example.org,,,g,admin\nu1,,b@example.org,,,h,member\n",
        make_groups=True,
    )
    assert (counts.new, counts.groups) == (1, ("h",))
    assert addresses_of(db) == {"a@example.org": ("u1", True), "b@example.org": ("u1", False)}
    assert roles_of(db) == {
        ("u1", "s", ""): "member",
        ("u1", "s", "g"): "admin",
        ("u1", "s", "h"): "member",
    }


def test_a_row_without_an_id_means_the_owner_of_its_address(db, import_csv):
    db.add_person("u1")
    counts = import_csv(HEADER + ",Jane,U1@EXAMPLE.org second@example.org,,,g,\n")
    assert (counts.new, counts.changed) == (0, 1)
    assert addresses_of(db)["second@example.org"] == ("u1", False)


def test_a_new_person_without_an_id_gets_the_id_of_an_archive_import(db, import_csv):
    import_csv("addresses\nJane@Example.org\n")
    (user_id,) = people_of(db)
    assert user_id == identifier_of("jane@example.org", key=bytes.fromhex(SALT))
    assert people_of(db)[user_id] == ("Jane", "en", "UTC")


def test_addresses_that_differ_in_non_ascii_case_are_different(db, import_csv):
    pair = ("a@straße.example", "a@strasse.example")
    assert import_csv(f"ID,name,addresses\nu1,Jane,{' '.join(pair)}\n").addresses == 2
    assert addresses_of(db) == {pair[0]: ("u1", True), pair[1]: ("u1", False)}


def test_rows_without_an_id_and_with_non_ascii_case_differences_are_two_people(db, import_csv):
    assert import_csv("addresses\na@straße.example\na@strasse.example\n").new == 2
    assert len(people_of(db)) == 2


def test_a_role_without_a_group_applies_to_the_site(db, import_csv):
    import_csv(HEADER + "u1,Jane,,,,,admin\n")
    assert roles_of(db) == {("u1", "s", ""): "admin"}


def test_with_several_sites_a_group_is_named_with_its_site(db, import_csv, errors):
    db.add_site("t")
    db.add_group("h", "t")
    assert "several sites" in errors(HEADER + "u1,Jane,,,,g,\n")[0]
    assert "no such site" in errors(HEADER + "u1,Jane,,,,x/g,\n")[0]
    import_csv(HEADER + "u1,Jane,,,,t/h s/,admin\n")
    assert roles_of(db) == {
        ("u1", "t", ""): "member",
        ("u1", "t", "h"): "admin",
        ("u1", "s", ""): "admin",
    }


@only("sqlite")
@pytest.mark.parametrize(
    "content",
    [
        "ID,name,addresses\nu1,Zoë,z@example.org\n".encode("utf-8-sig"),
        "id;NAME;Addresses\r\nu1;Zoë;z@example.org\r\n".encode(),
        "sep=;\r\nID;name;addresses;;\r\nu1;Zoë;z@example.org;;\r\n".encode(),
        "ID\tname\taddresses\nu1\tZoë\tz@example.org\n\t\t\n\n".encode(),
        'ID,name,addresses\ru1,"Zoë"," z@example.org\r"\r'.encode(),
        "ID,name,addresses,time_zone\nu1,Zoë,z@example.org".encode(),
    ],
)
def test_files_of_spreadsheets_can_be_read(db, import_csv, content):
    assert import_csv(content).new == 1
    assert people_of(db) == {"u1": ("Zoë", "en", "UTC")}
    assert addresses_of(db) == {"z@example.org": ("u1", True)}


@only("sqlite")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ID, or addresses"),
        ("name,role\n", "ID, or addresses"),
        ("ID,nickname\nu1,J\n", "no column “nickname”"),
        ("ID,id\nu1,u2\n", "twice"),
        ("u1,Jane,jane@example.org\n", "no column “u1”"),
        ("ID\x1b[31m,name\n", "no column “ID\\x1b[31m”"),
        ("ID," + "x" * 200_000, "not the header"),
        ('"ID', "not the header"),
        (b"\xff\xfeI\0D\0\n\0", "UTF-8"),
    ],
)
def test_a_file_without_the_header_is_refused(db, import_csv, text, message):
    with pytest.raises(NotACsvError, match=message.replace("[", r"\[").replace("\\x", r"\\x")):
        import_csv(text)
    assert people_of(db) == {}


@only("sqlite")
@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("u 1,Jane,,,,,", "ID: “u 1” is not an ID"),
        (f"{'u' * 65},Jane,,,,,", "is not an ID"),
        ("ü1,Jane,,,,,", "is not an ID"),
        (",Jane,,,,,", "neither an ID nor an address"),
        ("u1,,,,,,", "a name is needed"),
        ("u1,Ja\0ne,,,,,", "name: it has a control character"),
        ("u1,Ja\u202ene,,,,,", "name: it has a control character"),
        (f"u1,{'J' * 256},,,,,", "name: it has 256 characters"),
        (f"u1,{'J' * 20_000},,,,,", "20,000 characters"),
        (f"u1,{'J' * 200_000},,,,,", "a cell is longer than"),
        ('u1,"Jane" Smith,,,,,', "quotation marks"),
        ("u1,Jane,jane,,,,", "addresses: “jane” is not an e-mail address"),
        ("u1,Jane,Jane <jane@example.org>,,,,", "is not an e-mail address"),
        (f"u1,Jane,{'j' * 65}@example.org,,,,", "is not an e-mail address"),
        (
            f"u1,Jane,j@{'e' * 60}.{'e' * 60}.{'e' * 60}.{'e' * 60}.{'e' * 60}.org,,,,",
            "is not an e-ma",
        ),
        ("u1,Jane,j@example..org,,,,", "is not an e-mail address"),
        ("u1,Jane,ann@exa_mple.org,,,,", "“ann@exa_mple.org” is not an e-mail address: its"),
        ("u1,Jane,,klingonese,,,", "language: “klingonese” is not a language"),
        ("u1,Jane,,de-,,,", "is not a language"),
        ("u1,Jane,,,Berlin,,", "time zone: “Berlin” is not a time zone"),
        ("u1,Jane,,,../../etc/passwd,,", "is not a time zone"),
        ("u1,Jane,,,,g/h/i,", "is not the ID of a group"),
        ("u1,Jane,,,,h,", "“h”: there is no such group"),
        ("u1,Jane,,,,g,owner", "role: “owner” is neither member nor admin"),
        ("u1,Jane,,,,g,member,more", "it has 8 cells, and the header 7"),
        ("u1,J\xe9,,,,,".encode("latin-1"), "it is not UTF-8"),
        ("u1,Jane,taken@example.org,,,,", "“taken@example.org” belongs to another person"),
        ("u1,Jane,TAKEN@example.org,,,,", "belongs to another person"),
        (",,taken@example.org also@example.org,,,,", "“also@example.org” belongs to another"),
        ("u2,Joan,,,,,", "name: line 2 has another one for this person"),
        ("u2,,,fr,,,", "language: line 2 has another one"),
        ("u2,,,,Europe/Paris,,", "time zone: line 2 has another one"),
    ],
)
def test_a_wrong_cell_is_reported_with_its_line_and_nothing_is_written(db, errors, row, message):
    for name in ("taken", "also"):
        db.add_person(name, email=False)
        db.add_address(name, f"{name}@example.org")
    before = people_of(db)
    row = row if isinstance(row, bytes) else row.encode()
    first = f"{HEADER}u2,Ann,ann@example.org,de,Europe/Berlin,g,\n".encode()
    (line,) = errors(first + row + b"\nu3,Zoe,zoe@example.org,,,g,\n")
    assert line.startswith("line 3: ")
    assert message in line
    assert line.isprintable()
    assert len(line) < 250
    assert people_of(db) == before


@only("sqlite")
def test_at_most_a_hundred_errors_are_kept_and_all_are_counted(import_csv, errors):
    text = HEADER + '"u1","A\nB",,,,,\n' + "x y,J,,klingonese,,,\n" * 80
    lines = errors(text)
    assert len(lines) == 100
    assert lines[:2] == [
        "line 4: ID: “x y” is not an ID: up to 64 characters of ASCII, without spaces",
        "line 4: language: “klingonese” is not a language such as en, pt-BR or zh-Hant",
    ]
    with pytest.raises(InvalidRowsError, match="160 errors"):
        import_csv(text)


@only("sqlite")
def test_errors_are_in_the_order_of_the_lines(errors):
    lines = errors(HEADER + "u1,Jane,,,,x,\nu2,Joan,jo,,,,\n" * 80)
    numbers = [int(line.split()[1].rstrip(":")) for line in lines]
    assert numbers == list(range(2, 102))


@only("sqlite")
def test_all_unknown_groups_of_a_row_are_reported(errors):
    assert [line.partition(": there")[0] for line in errors(HEADER + "u1,Jane,,,,x g y,\n")] == [
        "line 2: “x”",
        "line 2: “y”",
    ]


def test_an_address_cannot_belong_to_two_people_of_one_file(errors):
    rows = "".join(f"u{number},Jane,u{number}@example.org,,,,\n" for number in range(2_500))
    (line,) = errors(HEADER + rows + "v,Joan,U7@example.org,,,,\n")
    assert line.startswith("line 2502: “U7@example.org” belongs to another person")


def test_a_dry_run_counts_and_writes_nothing(db, import_csv):
    text = HEADER + "u1,Jane,jane@example.org,,,h,\n"
    dry = import_csv(text, dry_run=True, make_groups=True)
    assert people_of(db) == addresses_of(db) == roles_of(db) == {}
    assert len(db.rows(tables.GROUP)) == 1
    assert import_csv(text, make_groups=True) == dry
    assert len(db.rows(tables.GROUP)) == 2


def test_many_rows_take_few_queries(db, import_csv):
    text = HEADER + "".join(f"u{n},J,u{n}@example.org,,,g,\n" for n in range(3_000))
    with db.queries() as queries:
        import_csv(text)
    assert len(queries) < 40


def test_real_people_are_not_imported_into_a_demo(db, import_csv):
    with db.engine.begin() as connection:
        write_option(connection, Option.IDENTITY_MODE, "invented")
    with pytest.raises(IdentityModeError):
        import_csv(HEADER + "u1,Jane,,,,,\n")
    assert people_of(db) == {}
