# SPDX-License-Identifier: MIT
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.site.ingest.archives.message import Sender, read_sender
from gs.profile.status.site.ingest.archives.pseudonyms import KeepIdentities, Pseudonymizer
from limits import LIMIT

JANE = read_sender("Jane Lacasse <jane@corp.example>", "")
ADDRESS = re.compile(r"[a-z]+(?:\.[a-z]+)+\.[a-z0-9]{10}@example\.org")


@given(st.text(min_size=1))
def test_everybody_gets_an_address_at_example_org(key):
    guise = Pseudonymizer(b"salt").dress(Sender(key, "", ""))
    assert ADDRESS.fullmatch(guise.address)
    assert re.fullmatch("[0-9A-Za-z]{22}", guise.user_id)


def test_the_guise_is_the_same_each_time_for_the_same_salt_alone():
    assert Pseudonymizer(b"salt").dress(JANE) == Pseudonymizer(b"salt").dress(JANE)
    assert Pseudonymizer(b"salt").dress(JANE) != Pseudonymizer(b"another").dress(JANE)


def test_thousands_of_people_have_ids_and_addresses_of_their_own():
    guises = [
        Pseudonymizer(b"salt").dress(Sender(f"u{n}@corp.example", "", "")) for n in range(20_000)
    ]
    assert len({guise.user_id for guise in guises}) == len(guises)
    assert len({guise.address for guise in guises}) == len(guises)


def test_a_guise_has_nothing_of_the_name_or_address():
    guise = Pseudonymizer(b"salt").dress(JANE)
    assert not re.search("jane|lacasse|corp", f"{guise.name} {guise.address}", re.IGNORECASE)


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
def test_an_address_in_a_text_is_replaced_however_it_is_masked(masked):
    text = Pseudonymizer(b"salt").cover(f"Write to {masked}, please.")
    assert masked not in text
    assert re.fullmatch(r"Write to [a-z0-9.]+@example\.org, please\.", text)


def test_an_address_in_a_text_becomes_that_of_the_guise():
    disguise = Pseudonymizer(b"salt")
    address = disguise.dress(JANE).address
    assert disguise.cover("jane at corp.example wrote:") == f"{address} wrote:"


def test_an_address_of_other_letters_in_a_text_becomes_that_of_its_guise_too():
    disguise = Pseudonymizer(b"salt")
    address = disguise.dress(read_sender("Jane@Straße.example", "")).address
    assert disguise.cover("jane@straße.example wrote:") == f"{address} wrote:"
    assert disguise.cover("jane@strasse.example wrote:") != f"{address} wrote:"


def test_the_names_that_were_learned_of_are_replaced_in_texts():
    disguise = Pseudonymizer(b"salt")
    disguise.learn(JANE)
    name = disguise.dress(JANE).name
    given_name, family = name.split(" ", 1)
    assert disguise.cover("Jane Lacasse wrote: Jane") == f"{name} wrote: {given_name}"
    assert disguise.cover("as Lacasse (2020) says") == f"as {family} (2020) says"
    assert disguise.cover("janes lacasse Janet") == "janes lacasse Janet"


def test_a_name_that_is_a_usual_word_is_left_alone_by_itself():
    disguise = Pseudonymizer(b"salt")
    disguise.learn(read_sender("Will May <w@corp.example>", ""))
    assert disguise.cover("Will it rain in May?") == "Will it rain in May?"
    assert "Will May" not in disguise.cover("Will May")


def test_kept_addresses_are_as_they_are():
    plain = KeepIdentities(b"salt")
    guise = plain.dress(JANE)
    assert (guise.name, guise.address) == ("Jane Lacasse", "jane@corp.example")
    assert plain.cover("jane@corp.example") == "jane@corp.example"
    assert plain.dress(read_sender("joe@corp.example", "")).name == "joe"
    assert plain.dress(read_sender("j|oe @end|ng |rom x (Joe)", "")).address == ""


@given(st.text())
def test_any_text_can_be_covered(text):
    disguise = Pseudonymizer(b"salt")
    disguise.learn(JANE)
    assert "jane@corp.example" not in disguise.cover(text + " jane@corp.example")


def test_a_name_is_found_behind_another_word_with_a_capital():
    disguise = Pseudonymizer(b"salt")
    wei = read_sender("Li Wu <w@corp.example>", "")
    disguise.learn(wei)
    assert disguise.cover("Dear Li Wu, and Li Wu.") == "Dear {0}, and {0}.".format(
        disguise.dress(wei).name
    )


@pytest.mark.parametrize(
    "piece",
    ["a", "A", "a.", "A.", "A ", "a at ", "@", "a@", "'", "-", "A'", "a @end|ng ", "|", " "],
)
def test_a_hostile_text_is_covered_in_no_time(piece):
    disguise = Pseudonymizer(b"salt")
    disguise.learn(JANE)
    started = time.process_time()
    disguise.cover(piece * (1_000_000 // len(piece)))
    assert time.process_time() - started < LIMIT / 2
