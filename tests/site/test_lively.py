# SPDX-License-Identifier: MIT
from gs.profile.status.hooks import Period
from gs.profile.status.site.ingest.archives.importer import last_active_month

TODAY = Period(2026, 11)


def month(number, year=2026):
    return Period(year, number)


def test_an_active_archive_has_no_last_active_month():
    assert last_active_month({month(10): 3}, TODAY) is None
    assert last_active_month({month(9): 300, month(11): 1}, TODAY) is None


def test_an_empty_archive_has_no_last_active_month():
    assert last_active_month({}, TODAY) is None


def test_the_newest_usual_month_is_the_last_active_one():
    months = {month(number): 40 for number in range(1, 8)}
    assert last_active_month(months, TODAY) == month(7)


def test_an_incomplete_month_is_not_the_last_active_one():
    usual = {month(number, 2025): 80 for number in range(1, 13)}
    months = usual | {month(number): 80 for number in range(1, 6)} | {month(6): 39, month(7): 5}
    assert last_active_month(months, TODAY) == month(5)


def test_an_archive_of_few_months_has_a_last_active_month():
    assert last_active_month({month(3): 1}, TODAY) == month(3)
    assert last_active_month({month(3, 2020): 100, month(3): 1}, TODAY) == month(3)


def test_old_months_do_not_count():
    months = {month(number, 2020): 9_000 for number in range(1, 13)} | {month(7): 20, month(5): 30}
    assert last_active_month(months, TODAY) == month(7)


def test_future_months_do_not_count():
    months = {month(number, 2015): 40 for number in range(1, 13)}
    assert last_active_month(months | {month(1, 2038): 1}, TODAY) == month(12, 2015)
    assert last_active_month(months | {month(12): 1}, TODAY) == month(12, 2015)
    assert last_active_month({month(1, 2038): 1}, TODAY) is None
