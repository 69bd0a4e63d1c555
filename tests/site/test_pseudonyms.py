# SPDX-License-Identifier: MIT
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.site.ingest.archives.pseudonyms import KeepIdentities, Pseudonymizer
from gs.profile.status.site.ingest.archives.senders import Sender, read_sender
from limits import LIMIT

JANE = read_sender("Jane Lacasse <jane@corp.example>", "")
ADDRESS = re.compile(r"[a-z]+(?:\.[a-z]+)+\.[a-z0-9]{10}@example\.org")


@given(st.text(min_size=1))
def test_each_pseudonym_has_an_address_at_example_org(key):
    pseudonym = Pseudonymizer(b"salt").pseudonym_for(Sender(key, "", ""))
    assert ADDRESS.fullmatch(pseudonym.address)
    assert re.fullmatch("[0-9A-Za-z]{22}", pseudonym.user_id)


def test_a_pseudonym_depends_on_the_salt():
    assert Pseudonymizer(b"salt").pseudonym_for(JANE) == Pseudonymizer(b"salt").pseudonym_for(JANE)
    assert Pseudonymizer(b"salt").pseudonym_for(JANE) != Pseudonymizer(b"another").pseudonym_for(
        JANE
    )


def test_thousands_of_people_have_different_ids_and_addresses():
    pseudonyms = [
        Pseudonymizer(b"salt").pseudonym_for(Sender(f"u{n}@corp.example", "", ""))
        for n in range(20_000)
    ]
    assert len({pseudonym.user_id for pseudonym in pseudonyms}) == len(pseudonyms)
    assert len({pseudonym.address for pseudonym in pseudonyms}) == len(pseudonyms)


def test_a_pseudonym_has_nothing_of_the_name_or_address():
    pseudonym = Pseudonymizer(b"salt").pseudonym_for(JANE)
    assert not re.search(
        "jane|lacasse|corp", f"{pseudonym.name} {pseudonym.address}", re.IGNORECASE
    )


@pytest.mark.parametrize(
    "masked",
    [
        "jane@corp.example",
        "jane at corp.example",
        "n|ko@@tz|ok@@ @end|ng |rom gm@||@com",
        "i@io m@iii@g oii phys@ii@-courses@org",
        "a.b+c@sub.corp.example",
    ],
)
def test_a_masked_address_in_a_text_is_replaced(masked):
    text = Pseudonymizer(b"salt").redact(f"Write to {masked}, please.")
    assert masked not in text
    assert re.fullmatch(r"Write to [a-z0-9.]+@example\.org, please\.", text)


def test_an_address_in_a_text_becomes_the_address_of_its_pseudonym():
    anonymizer = Pseudonymizer(b"salt")
    address = anonymizer.pseudonym_for(JANE).address
    assert anonymizer.redact("jane at corp.example wrote:") == f"{address} wrote:"


def test_an_international_address_in_a_text_becomes_the_address_of_its_pseudonym():
    anonymizer = Pseudonymizer(b"salt")
    address = anonymizer.pseudonym_for(read_sender("Jane@Straße.example", "")).address
    assert anonymizer.redact("jane@straße.example wrote:") == f"{address} wrote:"
    assert anonymizer.redact("jane@strasse.example wrote:") != f"{address} wrote:"


def test_registered_names_are_replaced_in_texts():
    anonymizer = Pseudonymizer(b"salt")
    anonymizer.register(JANE)
    name = anonymizer.pseudonym_for(JANE).name
    given_name, family = name.split(" ", 1)
    assert anonymizer.redact("Jane Lacasse wrote: Jane") == f"{name} wrote: {given_name}"
    assert anonymizer.redact("as Lacasse (2020) says") == f"as {family} (2020) says"
    assert anonymizer.redact("janes lacasse Janet") == "janes lacasse Janet"


def test_a_name_that_is_a_common_word_is_kept_on_its_own():
    anonymizer = Pseudonymizer(b"salt")
    anonymizer.register(read_sender("Will May <w@corp.example>", ""))
    assert anonymizer.redact("Will it rain in May?") == "Will it rain in May?"
    assert "Will May" not in anonymizer.redact("Will May")


def test_kept_addresses_are_as_they_are():
    plain = KeepIdentities(b"salt")
    pseudonym = plain.pseudonym_for(JANE)
    assert (pseudonym.name, pseudonym.address) == ("Jane Lacasse", "jane@corp.example")
    assert plain.redact("jane@corp.example") == "jane@corp.example"
    assert plain.pseudonym_for(read_sender("joe@corp.example", "")).name == "joe"
    assert plain.pseudonym_for(read_sender("j|oe @end|ng |rom x (Joe)", "")).address == ""


@given(st.text())
def test_any_text_can_be_redacted(text):
    anonymizer = Pseudonymizer(b"salt")
    anonymizer.register(JANE)
    assert "jane@corp.example" not in anonymizer.redact(text + " jane@corp.example")


def test_a_name_is_found_behind_another_word_with_a_capital():
    anonymizer = Pseudonymizer(b"salt")
    wei = read_sender("Li Wu <w@corp.example>", "")
    anonymizer.register(wei)
    assert anonymizer.redact("Dear Li Wu, and Li Wu.") == "Dear {0}, and {0}.".format(
        anonymizer.pseudonym_for(wei).name
    )


@pytest.mark.parametrize(
    "piece",
    ["a", "A", "a.", "A.", "A ", "a at ", "@", "a@", "'", "-", "A'", "a @end|ng ", "|", " "],
)
def test_a_hostile_text_is_redacted_quickly(piece):
    anonymizer = Pseudonymizer(b"salt")
    anonymizer.register(JANE)
    started = time.process_time()
    anonymizer.redact(piece * (1_000_000 // len(piece)))
    assert time.process_time() - started < LIMIT / 2
