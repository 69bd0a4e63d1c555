# SPDX-License-Identifier: MIT
"""The header fields that a bulk mail must have today, and how the mail travels."""

import email
import re
from email.policy import default
from itertools import pairwise

import pytest

from gs.profile.status.site.model import Addresses
from gs.profile.status.site.notification.compose import encode_part
from notifications.reading import STOP, Page, composed, html_of, joined, part, received, text_of
from notifications.summaries import group, membership, on_site, summary

SUPPORT = "support@groups.example.org"
OFF = f"<mailto:{SUPPORT}?subject=Summary%20off>"
LANGUAGES = ("en", "de", "es", "fr")


def addressed(*preferred, **changes):
    return summary(addresses=Addresses(preferred, (), ()), **changes)


def supported(address):
    return summary(on_site(support_email=address))


# RFC 8058, section 4 and 3.1


def test_there_is_one_https_uri_to_unsubscribe_and_a_mailto_after_it():
    message = received(summary())
    (field,) = message.get_all("List-Unsubscribe")
    assert joined(str(field)) == f"<{STOP}>, {OFF}"


def test_one_click_is_offered_word_for_word():
    assert received(summary()).get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]


@pytest.mark.parametrize(
    ("stop_url", "ways"),
    [
        (STOP, [STOP]),
        ("http://127.0.0.1:8080/stop/x", ["http://127.0.0.1:8080/stop/x"]),
        ("", []),
        ("javascript:alert(1)", []),
        ("https://groups.example.org/x>\r\nBcc: <all@example.org", []),
        ("https://groups.example.org/" + "x" * 800, []),
    ],
)
def test_one_click_needs_https(stop_url, ways):
    made = composed(summary(), stop_url=stop_url)
    message = email.message_from_bytes(made.octets(eight_bit=False), policy=default)
    found = re.findall(r"<(https?:[^>]*)>", str(message["List-Unsubscribe"]))
    assert found == ways
    assert OFF in str(message["List-Unsubscribe"])
    offered = message["List-Unsubscribe-Post"] is not None
    assert offered == (ways == [STOP])
    assert message["Bcc"] is None
    assert [row for row in made.text.splitlines() if row in ways] == ways


def test_without_any_way_the_field_is_left_out():
    made = composed(supported("nobody"), stop_url="")
    assert "List-Unsubscribe" not in made.header


def test_each_list_field_stands_once():
    names = [name for name in received(summary()).keys() if name.startswith("List-")]  # noqa: SIM118
    assert sorted(names) == ["List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_visible_link_to_the_same_place_stands_in_the_body(language):
    source = summary(language=language)
    assert STOP in text_of(source).splitlines()
    links = [words for url, words in Page(html_of(source)).links if url == STOP]
    assert len(links) == 2  # in the introduction, and at the end


def test_without_a_page_the_introduction_speaks_of_the_end():
    made = composed(summary(), stop_url="")
    way = f"send a mail with the subject “Summary off” to {SUPPORT}."
    for words in (joined(made.text), Page(made.html).words):
        assert "To stop this monthly summary, see Support at the end." in words
        assert f"To stop this monthly summary, {way}" in words


# RFC 2919


def test_the_list_id_does_not_change_with_month_member_or_title():
    usual = received(summary())["List-Id"]
    other = received(summary(on_site(title="Renamed"), name="Somebody else", language="fr"))
    assert other["List-Id"] == usual == "<what-is-happening.groups.example.org>"


@pytest.mark.parametrize(("last", "labels"), [(50, 5), (51, 4)])
def test_a_list_id_has_255_octets_at_most(last, labels):
    far = ".".join(["x" * 60] * 3 + ["y" * last, "org"])
    found = str(received(supported(f"a@{far}"))["List-Id"]).strip("<>")
    assert len(found) <= 255
    assert found.startswith("what-is-happening.")
    assert found.count(".") == labels
    assert f"a@{far}".endswith(found.removeprefix("what-is-happening."))


def test_the_feedback_id_has_four_fields_without_personal_data():
    found = {
        str(received(each)["Feedback-ID"])
        for each in (summary(), summary(id="another", name="Another"), addressed("x@example.org"))
    }
    (only,) = found
    fields = only.split(":")
    assert fields[:3] == ["2026-07", "en", "what-is-happening"]
    assert len(fields) == 4
    assert 5 <= len(fields[3]) <= 15


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "What is happening in your groups"),
        ("de", "Was in deinen Gruppen los ist"),
        ("es", "Lo que pasa en tus grupos"),
        ("fr", "Ce qui se passe dans vos groupes"),
    ],
)
def test_the_mail_is_in_the_language_of_the_member(language, subject):
    source = summary(language=language)
    message = received(source)
    assert message["Subject"] == subject
    assert message["Content-Language"] == language
    assert Page(html_of(source)).all("html") == [{"lang": language, "dir": "ltr"}]
    assert text_of(source).startswith(f"{subject}\n")


@pytest.mark.parametrize(
    ("preferred", "international"),
    [
        (["anna@example.org"], False),
        (["änna@example.org"], True),
        (["anna@exämple.org"], False),
        (["anna@example.org", "\u7530\u4e2d@example.org"], True),
        (["\u0915\u093f@example.org"], True),
    ],
)
@pytest.mark.parametrize("eight_bit", [True, False])
def test_an_address_that_is_not_ascii_makes_the_mail_international(
    preferred, international, eight_bit
):
    made = composed(addressed(*preferred, name="Jürgen"))
    assert made.international is international
    raw = made.octets(eight_bit=eight_bit)
    header, _, body = raw.partition(b"\r\n\r\n")
    assert header.isascii() is not international
    assert body.isascii() is not eight_bit
    to = email.message_from_string(header.decode(), policy=default)["To"]
    assert [each.addr_spec for each in to.addresses] == list(made.recipients)
    assert {each.display_name for each in to.addresses} == {"Jürgen"}


def test_eight_bits_are_used_where_the_server_takes_them():
    made = composed(summary(name="Jürgen"))
    eight, seven = made.octets(eight_bit=True), made.octets(eight_bit=False)
    assert eight.count(b"Content-Transfer-Encoding: 8bit\r\n") == 2
    assert "Jürgen".encode() in eight
    assert seven.isascii()
    assert len(eight) < len(seven)
    read = [email.message_from_bytes(raw, policy=default) for raw in (eight, seven)]
    for kind in ("plain", "html"):
        assert part(read[0], kind) == part(read[1], kind)


@pytest.mark.parametrize(
    ("line", "encoding"),
    [
        ("ü" * 499, "8bit"),
        ("x" * 998, "8bit"),
        ("x" * 999, "quoted-printable"),
        ("ü" * 500, "base64"),
    ],
)
def test_a_line_too_long_for_eight_bits_is_encoded(line, encoding):
    made = encode_part("plain", f"short\n{line}\nshort\n", eight_bit=True)
    read = email.message_from_bytes(made, policy=default)
    assert read["Content-Transfer-Encoding"] == encoding
    assert read.get_content().splitlines() == ["short", line, "short"]
    assert max(map(len, made.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("eight_bit", [True, False])
def test_a_title_that_is_the_boundary_ends_no_part(eight_bit):
    title = "--=_alternative"
    made = composed(summary(on_site(membership(group=group(title))), biography=title))
    message = email.message_from_bytes(made.octets(eight_bit=eight_bit), policy=default)
    assert [part(message, kind) for kind in ("plain", "html")] == [made.text, made.html]
    assert title in made.text.splitlines()


def test_every_line_ends_as_a_mail_has_it():
    long = membership(group=group("\u7530" * 90))
    for source in (summary(), summary(on_site(long), biography="a\rb\x85c\u2028d")):
        for eight_bit in (True, False):
            raw = composed(source).octets(eight_bit=eight_bit)
            assert raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r")
            assert raw.endswith(b"--\r\n")


def test_fields_are_folded_at_78_columns_where_they_can_be():
    made = composed(summary(on_site(title="Gärten " * 12), name="Anna-Łucja " * 8), stop_url=STOP)
    rows = made.header.splitlines()
    assert [row for row in rows if len(row) > 78] == [f"List-Unsubscribe: <{STOP}>,"]


def test_fields_come_in_the_order_people_read_them():
    names = list(received(summary()).keys())
    assert names[:5] == ["From", "To", "Subject", "Date", "Message-ID"]
    assert len(names) == len(set(names))
    assert all(before != after for before, after in pairwise(names))


def test_what_is_sent_is_what_the_letter_says_of_itself():
    made = composed(addressed("anna@example.org", "a.l@example.com"))
    message = email.message_from_bytes(made.octets(eight_bit=True), policy=default)
    assert made.message_id == message["Message-ID"]
    assert list(made.recipients) == [each.addr_spec for each in message["To"].addresses]
    assert part(message, "plain") == made.text
    assert part(message, "html") == made.html
