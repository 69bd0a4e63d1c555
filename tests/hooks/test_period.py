# SPDX-License-Identifier: MIT
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.hooks import Period

DAYS = st.dates(date(2, 1, 1), date(9998, 12, 31))


@given(DAYS)
def test_the_day_before_a_month_is_in_the_month_before(day):
    period = Period.of(day)
    assert period.before() == Period.of(period.first_day - timedelta(days=1))


@given(DAYS)
def test_after_is_the_inverse_of_before(day):
    period = Period.of(day)
    assert period.before().after() == period == period.after().before()
    assert period.before() < period < period.after()


@given(DAYS)
def test_a_written_month_is_read_back(day):
    assert Period.parse(str(Period.of(day))) == Period.of(day)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-13",
        "2026-00",
        "26-01",
        "2026-1",
        "2026-01-01",
        "2026-W05",
        "x",
        "２０２６-01",
        "0001-01",
        "0001-12",
        "9999-01",
    ],
)
def test_a_text_that_is_not_a_month_is_refused(text):
    with pytest.raises(ValueError, match=" "):
        Period.parse(text)
