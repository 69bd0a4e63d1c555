# SPDX-License-Identifier: MIT
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.site.ingest.archives.findings import Finding, Findings
from gs.profile.status.site.ingest.archives.message import date_of

ARRIVED = datetime(2025, 4, 6, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "date"),
    [
        ("Sun, 6 Apr 2025 11:55:11 +0200 (CEST)", datetime(2025, 4, 6, 9, 55, 11, tzinfo=UTC)),
        ("6 Apr 2025 11:55 -0330", datetime(2025, 4, 6, 15, 25, tzinfo=UTC)),
        ("Sun, 06 Apr 25 11:55:11 GMT", datetime(2025, 4, 6, 11, 55, 11, tzinfo=UTC)),
        ("Mon, 10 Mar 2025 08:00:00 +0000", datetime(2025, 3, 10, 8, tzinfo=UTC)),
    ],
)
def test_the_date_of_the_header_is_the_moment_of_writing(header, date):
    findings = Findings()
    assert date_of(header, ARRIVED, findings) == date
    assert list(findings.lines()) == []


@pytest.mark.parametrize("header", ["Sun, 6 Apr 2025 11:55:11", "Sun, 6 Apr 2025 11:55:11 -0000"])
def test_a_date_without_a_zone_is_utc(header):
    findings = Findings()
    assert date_of(header, ARRIVED, findings) == datetime(2025, 4, 6, 11, 55, 11, tzinfo=UTC)
    assert findings[Finding.NO_ZONE] == 1


@pytest.mark.parametrize(
    "header", ["", None, "yesterday", "Sun, 99 Apr 2025", "6 Apr", "x" * 10**7, "\x00"]
)
def test_the_arrival_replaces_a_missing_date(header):
    findings = Findings()
    assert date_of(header, ARRIVED, findings) == ARRIVED
    assert findings[Finding.NO_DATE] == 1


@pytest.mark.parametrize("year", ["0101", "1968", "2200", "9998", "9999"])
def test_a_year_before_e_mail_is_not_a_date(year):
    findings = Findings()
    assert date_of(f"Mon, 5 Jan {year} 00:00:00 +0000", ARRIVED, findings) == ARRIVED
    assert findings[Finding.NO_DATE] == 1


@pytest.mark.parametrize(
    "header",
    [
        "Thu, 1 Jan 1970 00:00:00 +0000",
        "Fri, 6 Apr 2035 11:55:11 +0000",
        "Tue, 8 Apr 2025 11:55:11 +0000",
        "Sat, 1 Mar 2025 11:55:11 +0000",
    ],
)
def test_a_date_far_from_the_arrival_is_ignored(header):
    findings = Findings()
    assert date_of(header, ARRIVED, findings) == ARRIVED
    assert findings[Finding.WRONG_DATE] == 1


def test_the_header_is_used_without_an_arrival():
    assert date_of("Thu, 1 Jan 1970 00:00:00 +0000", None, Findings()).year == 1970


def test_a_message_without_header_and_arrival_has_no_date():
    findings = Findings()
    assert date_of("", None, findings) is None
    assert findings[Finding.NO_DATE_AT_ALL] == 1


@given(st.text(), st.one_of(st.none(), st.just(ARRIVED)))
def test_any_header_can_be_read(header, arrived):
    date = date_of(header, arrived, Findings())
    assert date is None or date.utcoffset() is not None


@given(st.integers(0, 99_999), st.integers(-9999, 9999))
def test_any_year_and_zone_can_be_read(year, zone):
    date_of(f"Sun, 1 Jan {year} 00:00:00 {zone:+05}", None, Findings())
