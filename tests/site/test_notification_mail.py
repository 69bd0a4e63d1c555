# SPDX-License-Identifier: MIT
"""The notification as a mail: its parts, its header fields, its size."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from gs.profile.status.hooks import Period
from gs.profile.status.site.model import Contribution, Figures
from notifications.reading import NOW, Page, composed, html_of, part, received, text_of
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
    lively = activity(
        900,
        before=Figures(40, 50, 800),
        authors=authors(50, 50),
        topics=topics(90),
        keywords=keywords(*words),
        quotation=quotation("word " * 50),
        contributions={READER: Contribution(40, 5, 12)},
    )
    memberships = [
        membership(group=group(f"Group {n}", secret=True), activity=lively, administrator=True)
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
    found = {str(received(each)["Message-ID"]) for each in (source, *others)}
    assert len(found) == 4
    assert len({each.partition(".")[0] for each in found}) == 4


def test_the_message_id_is_of_the_sites_domain_and_says_nothing_of_the_member():
    identifier = str(received(summary())["Message-ID"])
    assert re.fullmatch(r"<[0-9a-f]{32}\.2026-07@groups\.example\.org>", identifier)
    assert READER not in identifier
    assert "anna" not in identifier


def test_any_server_takes_it():
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


def test_a_text_that_is_hardly_latin_is_sent_in_the_shorter_encoding():
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


def test_a_mail_without_groups_can_be_looked_at():
    nothing = summary(replace(on_site(), memberships=()))
    assert "Nobody posted in your groups in July." in text_of(nothing)


def test_the_period_is_spelt_out():
    source = replace(summary(), period=Period(2025, 12))
    assert "December 2025" in text_of(source)
    assert "December 2025" in html_of(source)


def test_now_needs_a_zone_to_be_a_date():
    utc = received(summary(), datetime(2026, 8, 1, tzinfo=UTC))
    assert str(utc["Date"]).endswith("+0000")
