# SPDX-License-Identifier: MIT
"""Finds the month that a site of archives is best shown with."""

from statistics import median

from gs.profile.status.hooks import Period


def latest_lively(months: dict[Period, int], this: Period) -> Period | None:
    """Return the latest month with at least half of the posts that a month usually has.

    *months* has the number of posts of each; usual is the median of the twelve months up to the
    newest. ``None`` where people still post: the month before *this* one, or this one, has posts.
    What is later than this month was dated by a clock that is wrong, and does not count.
    """
    newest = max((month for month in months if month <= this), default=None)
    if newest is None or newest >= this.before():
        return None
    year = [newest]
    while len(year) < 12:  # noqa: PLR2004 - months
        year.append(year[-1].before())
    usual = median(months.get(month, 0) for month in year)
    return next(month for month in year if months.get(month, 0) >= max(1, usual / 2))
