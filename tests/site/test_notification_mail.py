# SPDX-License-Identifier: MIT
"""The notification as a mail: its header fields, its parts, its encoding, its size."""

import email
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.policy import default
from itertools import pairwise

import pytest

from gs.profile.status.hooks import Period
from gs.profile.status.site.model import Addresses, Contribution, Figures
from gs.profile.status.site.notification.compose import encode_part
from notifications.reading import (
    NOW,
    STOP,
    Page,
    composed,
    html_of,
    joined,
    part,
    received,
    text_of,
)
from notifications.summaries import (
    HOME,
    READER,
    activity,
    authors,
    group,
    keywords,
    membership,
    on_site,
    quotation,
    summary,
    topics,
)

LONG = "w" * 200


def busy(**changes):
    words = [f"keyword{n}" for n in range(20)]
    active = activity(
        900,
        before=Figures(40, 50, 800),
        authors=authors(50, 50),
        topics=topics(90),
        keywords=keywords(*words),
        quotation=quotation("word " * 50),
        contributions={READER: Contribution(40, 5, 12)},
    )
    memberships = [
        membership(group=group(f"Group {n}", secret=True), activity=active, administrator=True)
        for n in range(6)
    ]
    news = f"<p>{'news ' * 60}</p>"
    return summary(on_site(*memberships, administrator=True, news=news), **changes)


def test_the_text_comes_first_and_the_html_second():
    message = received(summary())
    assert message.get_content_type() == "multipart/alternative"
    kinds = [each.get_content_type() for each in message.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    assert not message.defects
    assert not [each.defects for each in message.iter_parts() if each.defects]


def test_both_parts_are_complete():
    source = summary(on_site(membership(), news="<p>We move on <b>Saturday</b>.</p>"))
    text, page = text_of(source), Page(html_of(source))
    for word in ("Saturday", "Allotments", "4 authors", "When to lift the dahlias", "two hives"):
        assert word in text
        assert word in page.words
    for address in ("anna@example.org", "allotments@groups.example.org", "support@groups.ex"):
        assert address in text
        assert address in page.words


def test_it_is_from_the_support_address_in_the_name_of_the_first_site():
    both = summary(on_site(title="First"), on_site(title="Second", support_email="x@example.com"))
    assert str(received(both)["From"]) == "First <support@groups.example.org>"


def test_the_fields_say_that_it_is_automatic_bulk_mail():
    message = received(summary())
    assert message["Subject"] == "What is happening in your groups"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Precedence"] == "bulk"
    assert message["List-Id"] == "<what-is-happening.groups.example.org>"
    assert message["MIME-Version"] == "1.0"


def test_the_date_is_the_one_passed_in():
    here = datetime(2026, 8, 1, 9, tzinfo=timezone(timedelta(hours=12)))
    assert received(summary(), here)["Date"].datetime == here


@pytest.mark.parametrize(
    ("zone", "date"),
    [
        ("UTC", "Sat, 01 Aug 2026 04:30:00 +0000"),
        ("Europe/Berlin", "Sat, 01 Aug 2026 06:30:00 +0200"),
        ("Pacific/Honolulu", "Fri, 31 Jul 2026 18:30:00 -1000"),
        ("Mars/Olympus_Mons", "Sat, 01 Aug 2026 04:30:00 +0000"),
        ("Europe", "Sat, 01 Aug 2026 04:30:00 +0000"),
        ("../../../etc/passwd", "Sat, 01 Aug 2026 04:30:00 +0000"),
        ("a\0b", "Sat, 01 Aug 2026 04:30:00 +0000"),
        ("", "Sat, 01 Aug 2026 04:30:00 +0000"),
    ],
)
def test_the_date_is_in_the_time_zone_of_the_member(zone, date):
    assert f"\nDate: {date}\n" in composed(summary(timezone=zone)).header


def test_the_message_id_is_the_same_for_a_member_and_a_period():
    source = summary()
    later = received(replace(source, sites=(on_site(title="Renamed"),)), NOW + timedelta(days=3))
    assert received(source)["Message-ID"] == later["Message-ID"]


def test_the_message_id_differs_by_member_period_and_site():
    source = summary()
    others = (
        replace(source, period=Period(2026, 6)),
        replace(source, profile=replace(source.profile, id="another")),
        replace(source, sites=(on_site(id="s2"),)),
    )
    result = {str(received(each)["Message-ID"]) for each in (source, *others)}
    assert len(result) == 4
    assert len({each.partition(".")[0] for each in result}) == 4


def test_the_message_id_has_the_domain_of_the_site_and_no_personal_data():
    identifier = str(received(summary())["Message-ID"])
    assert re.fullmatch(r"<[0-9a-f]{32}\.2026-07@groups\.example\.org>", identifier)
    assert READER not in identifier
    assert "anna" not in identifier


def test_the_mail_is_valid_for_any_server():
    far = group(LONG, url=f"{HOME}/{LONG}")
    for source in (
        summary(),
        busy(),
        summary(on_site(membership(group=far)), biography=LONG * 9),
    ):
        raw = composed(source).octets(eight_bit=False)
        assert raw.isascii()
        assert max(map(len, raw.splitlines())) <= 998
        assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")


def test_mostly_non_latin_text_uses_the_shorter_encoding():
    words = "\u5ead\u3067\u91ce\u83dc\u3092\u80b2\u3066\u3066\u3044\u307e\u3059\u3002" * 40
    many = tuple(replace(topic, title=words) for topic in topics(1))
    asian = [membership(group=group(words), activity=activity(topics=many)) for _ in range(9)]
    message = received(summary(on_site(*asian), biography=words))
    plain = message.get_body(("plain",))
    assert plain["Content-Transfer-Encoding"] == "base64"
    assert words[:80] in part(message, "plain").replace("\n", "")


@pytest.mark.parametrize("language", ["en", "de", "es", "fr"])
def test_six_busy_groups_stay_under_60_kb(language):
    html = html_of(busy(language=language)).encode()
    assert 50_000 < len(html) < 60_000


def test_a_mail_without_groups_can_be_rendered():
    nothing = summary(replace(on_site(), memberships=()))
    assert "Nobody posted in your groups in July." in text_of(nothing)


def test_the_period_is_spelt_out():
    source = replace(summary(), period=Period(2025, 12))
    assert "December 2025" in text_of(source)
    assert "December 2025" in html_of(source)


def test_the_time_needs_a_zone():
    utc = received(summary(), datetime(2026, 8, 1, tzinfo=UTC))
    assert str(utc["Date"]).endswith("+0000")


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


def test_the_one_click_field_has_the_exact_value():
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
    result = re.findall(r"<(https?:[^>]*)>", str(message["List-Unsubscribe"]))
    assert result == ways
    assert OFF in str(message["List-Unsubscribe"])
    offered = message["List-Unsubscribe-Post"] is not None
    assert offered == (ways == [STOP])
    assert message["Bcc"] is None
    assert [row for row in made.text.splitlines() if row in ways] == ways


def test_the_unsubscribe_field_is_omitted_without_a_target():
    made = composed(supported("nobody"), stop_url="")
    assert "List-Unsubscribe" not in made.header


def test_each_list_field_stands_once():
    names = [name for name in received(summary()).keys() if name.startswith("List-")]  # noqa: SIM118
    assert sorted(names) == ["List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_body_has_a_visible_unsubscribe_link(language):
    source = summary(language=language)
    assert STOP in text_of(source).splitlines()
    links = [words for url, words in Page(html_of(source)).links if url == STOP]
    assert len(links) == 2  # in the introduction and at the end


def test_without_a_stop_page_the_introduction_refers_to_the_end():
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
    result = str(received(supported(f"a@{far}"))["List-Id"]).strip("<>")
    assert len(result) <= 255
    assert result.startswith("what-is-happening.")
    assert result.count(".") == labels
    assert f"a@{far}".endswith(result.removeprefix("what-is-happening."))


def test_the_feedback_id_has_four_fields_without_personal_data():
    result = {
        str(received(each)["Feedback-ID"])
        for each in (summary(), summary(id="another", name="Another"), addressed("x@example.org"))
    }
    (only,) = result
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
def test_a_title_equal_to_the_boundary_ends_no_part(eight_bit):
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


def test_the_attributes_of_a_notification_are_those_of_the_mail():
    made = composed(addressed("anna@example.org", "a.l@example.com"))
    message = email.message_from_bytes(made.octets(eight_bit=True), policy=default)
    assert made.message_id == message["Message-ID"]
    assert list(made.recipients) == [each.addr_spec for each in message["To"].addresses]
    assert part(message, "plain") == made.text
    assert part(message, "html") == made.html
