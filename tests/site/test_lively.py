# SPDX-License-Identifier: MIT
from gs.profile.status.hooks import Period
from gs.profile.status.site.ingest.archives.importer import last_active_month

TODAY = Period(2026, 11)


def month(number, year=2026):
    return Period(year, number)


def test_where_people_still_post_no_month_is_fixed():
    assert last_active_month({month(10): 3}, TODAY) is None
    assert last_active_month({month(9): 300, month(11): 1}, TODAY) is None


def test_nothing_fixes_nothing():
    assert last_active_month({}, TODAY) is None


def test_the_newest_month_is_taken_if_it_is_as_lively_as_usual():
    months = {month(number): 40 for number in range(1, 8)}
    assert last_active_month(months, TODAY) == month(7)


def test_a_month_that_ends_early_is_passed_over():
    usual = {month(number, 2025): 80 for number in range(1, 13)}
    months = usual | {month(number): 80 for number in range(1, 6)} | {month(6): 39, month(7): 5}
    assert last_active_month(months, TODAY) == month(5)


def test_an_archive_of_few_months_has_one_too():
    assert last_active_month({month(3): 1}, TODAY) == month(3)
    assert last_active_month({month(3, 2020): 100, month(3): 1}, TODAY) == month(3)


def test_old_times_do_not_count():
    months = {month(number, 2020): 9_000 for number in range(1, 13)} | {month(7): 20, month(5): 30}
    assert last_active_month(months, TODAY) == month(7)


def test_what_is_dated_in_the_future_does_not_count():
    months = {month(number, 2015): 40 for number in range(1, 13)}
    assert last_active_month(months | {month(1, 2038): 1}, TODAY) == month(12, 2015)
    assert last_active_month(months | {month(12): 1}, TODAY) == month(12, 2015)
    assert last_active_month({month(1, 2038): 1}, TODAY) is None
