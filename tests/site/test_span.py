# SPDX-License-Identifier: MIT
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.hooks import Period
from gs.profile.status.site.store.posts import Span


@given(st.dates(date(2, 1, 1), date(9998, 12, 31)))
def test_a_day_is_within_the_span_of_its_month(day):
    span = Span.of(Period.of(day))
    assert span.since <= datetime(day.year, day.month, day.day, tzinfo=UTC) < span.until
