# SPDX-License-Identifier: MIT
import base64
import hmac
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.site.links import STOP_PATH, InvalidLinkError, read_link, stop_link

SITE = "https://groups.example.org"
KEY = "a key of 256 bits, or so the database has it"
ID = "3mq79xpS8uL5y9WlXEyR1g"
MAC = 22

IDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def signed(user_id=ID, key=KEY):
    return stop_link(SITE, key, user_id).removeprefix(f"{SITE}{STOP_PATH}")


def payload(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def refused(text, key=KEY):
    with pytest.raises(InvalidLinkError):
        read_link(key, text)
    return True


def test_a_link_leads_back_to_its_member():
    assert read_link(KEY, signed()) == ID


@given(IDS)
def test_the_link_of_any_id_is_one_line_of_ascii(user_id):
    link = signed(user_id)
    assert read_link(KEY, link) == user_id
    assert set(link) <= set(f"{string.ascii_letters}{string.digits}-_")


def test_the_longest_id_has_a_link_too():
    longest = "\U0001f642" * 65_536
    assert read_link(KEY, signed(longest)) == longest


def test_the_link_of_a_usual_id_is_short():
    link = stop_link("https://lists.the-longest-name-of-a-community.example.org/", KEY, ID)
    assert len(link) <= 200
    assert len(link) == len("https://lists.the-longest-name-of-a-community.example.org") + 76


def test_the_id_is_not_readable_in_the_link():
    assert ID not in stop_link(SITE, KEY, ID)


def test_a_link_is_always_the_same():
    assert signed() == signed()
    # Old mails contain this link: if this fails, links in old mails stop working.
    assert signed() == "M21xNzl4cFM4dUw1eTlXbFhFeVIxZwW0KXSBoJeK8FpOHv-llyLA"


def test_the_signature_is_half_of_an_hmac_with_sha_256():
    text = b"gs.profile.status.site: turn the summary off or on\n" + ID.encode()
    mac = hmac.new(KEY.encode(), text, "sha256").digest()[:16]
    assert signed() == payload(ID.encode()) + payload(mac)


def test_a_base_url_may_end_in_a_slash():
    assert stop_link(f"{SITE}/", KEY, ID) == stop_link(SITE, KEY, ID)
    assert stop_link(f"{SITE}/sub", KEY, ID).startswith(f"{SITE}/sub{STOP_PATH}")


@given(IDS)
def test_no_link_ends_in_punctuation(user_id):
    assert signed(user_id)[-1] in "AQgw"


@pytest.mark.parametrize("user_id", [ID, "u", "uu", "uuu", "", "\u4f50\u85e4"])
def test_a_changed_character_invalidates_a_link(user_id):
    link = signed(user_id)
    others = string.ascii_letters + string.digits + "-_=+/. ~\0\n\u00e4\ud800"
    for position, there in enumerate(link):
        for other in others:
            if other != there:
                assert refused(link[:position] + other + link[position + 1 :])


def test_an_added_or_removed_character_invalidates_a_link():
    link = signed()
    for position in range(len(link) + 1):
        for added in ("A", "=", " ", "\n", "!", "\0"):
            assert refused(link[:position] + added + link[position:])
    for position in range(len(link)):
        assert refused(link[:position] + link[position + 1 :])
        assert refused(link[:position])
        assert refused(link[position + 1 :])


def test_the_signature_of_one_member_is_invalid_for_another():
    assert refused(payload(b"another") + signed()[-MAC:])


def test_another_key_invalidates_a_link():
    assert refused(signed(), key="another key")


@pytest.mark.parametrize("purpose", [b"", b"gs.profile.status.site: turn the summary off or on"])
def test_a_signature_for_another_purpose_is_refused(purpose):
    mac = hmac.new(KEY.encode(), purpose + ID.encode(), "sha256").digest()[:16]
    assert refused(payload(ID.encode()) + payload(mac))


def test_a_shorter_signature_is_refused():
    text = b"gs.profile.status.site: turn the summary off or on\n" + ID.encode()
    whole = hmac.new(KEY.encode(), text, "sha256").digest()
    for octets in (0, 1, 15, 17, 32):
        assert refused(payload(ID.encode()) + payload(whole[:octets]))


@given(st.text(max_size=120))
def test_any_made_up_link_is_refused(text):
    assert refused(text)


@pytest.mark.parametrize("text", ["", "A" * MAC, "A" * (MAC - 1), "A" * 1_000_000, "%00", "/"])
def test_malformed_links_are_refused(text):
    assert refused(text)


def test_a_signed_value_that_is_not_text_is_refused():
    # Half of a surrogate pair is not an ID: its link is invalid.
    assert refused(signed("\ud800"))


def test_nothing_is_signed_without_a_key():
    with pytest.raises(ValueError, match="empty key"):
        stop_link(SITE, "", ID)
    with pytest.raises(ValueError, match="empty key"):
        read_link("", signed())


def test_a_link_costs_little_more_than_its_signature():
    def spent(made):
        start = time.thread_time()
        for _ in range(2_000):
            made()
        return time.thread_time() - start

    signature = min(spent(lambda: hmac.digest(b"key", b"text", "sha256")) for _ in range(5))
    assert min(spent(lambda: stop_link(SITE, KEY, ID)) for _ in range(5)) < 10 * signature
