# SPDX-License-Identifier: MIT
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.site.ingest.archives.senders import Sender, read_sender

MASKED = "n|ko@@tz|ok@@ @end|ng |rom gm@||@com"


@pytest.mark.parametrize(
    ("header", "name", "address"),
    [
        ("Jane Smith <jane@example.org>", "Jane Smith", "jane@example.org"),
        ('"Smith, Jane" <jane@example.org>', "Smith, Jane", "jane@example.org"),
        ("jane@example.org (Jane Smith)", "Jane Smith", "jane@example.org"),
        ("jane at example.org (Jane Smith)", "Jane Smith", "jane@example.org"),
        ("Jane Smith <jane at example.org>", "Jane Smith", "jane@example.org"),
        ("jane@example.org", "", "jane@example.org"),
        ("jane at example.org", "", "jane@example.org"),
        ("<jane@example.org>", "", "jane@example.org"),
        (
            "Jane (the elder) Smith <jane@example.org>",
            "Jane (the elder) Smith",
            "jane@example.org",
        ),
        ("jane@example.org (Jane (the elder))", "Jane (the elder)", "jane@example.org"),
        ('"New Person <b>" <new@elsewhere.example>', "New Person <b>", "new@elsewhere.example"),
        ('"a@b.example" <jane@example.org>', "a@b.example", "jane@example.org"),
        (r'"Jane \"J <j>\" Smith" <jane@example.org>', 'Jane "J <j>" Smith', "jane@example.org"),
        ('"Jane <j>" <jane at example.org>', "Jane <j>", "jane@example.org"),
        ('Jane 6" Smith <jane@example.org>', 'Jane 6" Smith', "jane@example.org"),
        ("Jane <jane@example.org", "Jane", "jane@example.org"),
        ("佐藤 美咲 <misaki@example.org>", "佐藤 美咲", "misaki@example.org"),
        (f"{MASKED} (Niko Something)", "Niko Something", ""),
        (f"{MASKED} ({MASKED})", "", ""),
        ("Jane via the-list <the-list@example.org>", "Jane", ""),
    ],
)
def test_names_and_addresses_are_read_in_any_form(header, name, address):
    sender = read_sender(header, "")
    assert (sender.name, sender.address) == (name, address)


@pytest.mark.parametrize("header", ["", "Jane", "  "])
def test_the_envelope_sender_replaces_a_missing_address(header):
    sender = read_sender(header, "jane@example.org")
    assert sender == Sender("jane@example.org", header.strip(), "jane@example.org")


@pytest.mark.parametrize(
    "address",
    ["ann@exa_mple.org", "root@localhost", "a@-x.org", "a..b c@x.org", "a" * 65 + "@x.org"],
)
def test_an_invalid_sender_address_is_not_kept(address):
    assert read_sender(f"Ann <{address}>", "").address == ""


@pytest.mark.parametrize("address", ["jürgen@example.org", "jane@münchen.example"])
def test_a_valid_international_address_is_kept(address):
    assert read_sender(f"Ann <{address}>", "").address == address


def test_a_name_alone_is_a_person_without_an_address():
    assert read_sender("Jane", "MAILER-DAEMON") == Sender("name jane", "Jane", "")


def test_an_empty_header_has_no_sender():
    assert read_sender("", "") is None
    assert read_sender("<>", "MAILER-DAEMON") is None


@pytest.mark.parametrize(
    "other", ["JANE@Example.ORG (J.)", "jane at example.org (Someone else)", "<jane@example.org>"]
)
def test_the_same_address_is_the_same_person(other):
    assert read_sender(other, "").key == read_sender("Jane <jane@example.org>", "").key


def test_addresses_that_differ_for_the_database_are_different_people():
    one, other = (read_sender(f"a@{host}.example", "") for host in ("straße", "strasse"))
    assert one.key != other.key


def test_senders_behind_a_list_address_are_different_people():
    jane = read_sender("Jane via L <l@example.org>", "")
    joan = read_sender("Joan via L <l@example.org>", "")
    assert jane.key != joan.key


@given(st.text(), st.text())
def test_any_header_can_be_read(header, envelope):
    sender = read_sender(header, envelope)
    if sender is not None:
        assert sender.key
        assert "\n" not in sender.name + sender.address
        assert len(sender.name) <= 120
