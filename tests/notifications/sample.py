# SPDX-License-Identifier: MIT
"""A sample notification with all parts; `python -m notifications.sample` writes its snapshots."""

import re
from datetime import UTC, datetime
from pathlib import Path

from gs.profile.status.hooks import Period
from gs.profile.status.site.model import (
    Activity,
    Addresses,
    Author,
    Contribution,
    EmailSetting,
    Figures,
    Grade,
    Group,
    Keyword,
    Membership,
    Profile,
    Quotation,
    SiteInfo,
    SiteSummary,
    Summary,
    Topic,
)
from gs.profile.status.site.notification import wording_for
from notifications.reading import html_of, text_of

LANGUAGES = ("en", "de", "es", "fr")
SNAPSHOTS = Path(__file__).parent / "snapshots"
OCTOBER = Period(2026, 10)
# The words of CLDR in the snapshots, which may change: the month with its year, the month, the
# month before, and the sites. No number has more than three digits.
LOOKED_AT = {
    "en": ("October 2026", "October", "September", "Open Water Lab and Greenfield Community"),
    "de": ("Oktober 2026", "Oktober", "September", "Open Water Lab und Greenfield Community"),
    "es": ("Octubre de 2026", "octubre", "septiembre", "Open Water Lab y Greenfield Community"),
    "fr": ("Octobre 2026", "octobre", "septembre", "Open Water Lab et Greenfield Community"),
}

_READER = "noor7rZq4mJd"
_WATER, _GREEN = "https://water.example.org", "https://green.example.net"
_NAMES = (
    "Jürgen Großmann",
    "\u7530\u4e2d \u3055\u304f\u3089",
    "\u05e0\u05d5\u05e2\u05d4 \u05d1\u05e8\u05e7",
    "Chukwuemeka Okonkwo-Fitzgerald",
    "\u0645\u062d\u0645\u062f \u0627\u0644\u0647\u0627\u0634\u0645\u064a",
    "Siobhán O’Neill",
    "Maria Ortiz",
    "Noor van Dijk",
)


def rich(language: str) -> Summary:
    """Return the notification of October 2026 in *language*."""
    return Summary(OCTOBER, _profile(language), (_open_water(), _greenfield()))


def snapshots() -> dict[Path, str]:
    """Return the content of each snapshot by path."""
    wanted = {}
    for language in LANGUAGES:
        source = rich(language)
        wanted[SNAPSHOTS / f"{language}.txt"] = _as_looked_at(text_of(source), language)
        wanted[SNAPSHOTS / f"{language}.html"] = _as_looked_at(html_of(source), language)
    return wanted


def _as_looked_at(text: str, language: str) -> str:
    wording = wording_for(language)
    current = (
        wording.month_of_year(OCTOBER),
        wording.month(OCTOBER),
        wording.month(OCTOBER.before()),
        wording.listed(["Open Water Lab", "Greenfield Community"]),
    )
    for now, then in zip(current, LOOKED_AT[language], strict=True):
        if now != then:
            text = re.sub(r"\s+".join(map(re.escape, now.split())), then, text)
    return text


def _profile(language: str) -> Profile:
    return Profile(
        id=_READER,
        name="Noor van Dijk",
        language=language,
        timezone="Europe/Amsterdam",
        biography="",
        photo=None,
        url=f"{_WATER}/p/noor",
        logged_in=False,
        addresses=Addresses(
            ("noor.van.dijk@example.org",), ("n.vandijk@work.example.com",), ("nvd@example.net",)
        ),
    )


def _open_water() -> SiteSummary:
    news = '<p>The <b>Harvest Table</b> is back: <a href="https://n.example/h">how to help</a></p>'
    site = SiteInfo("water", "Open Water Lab", _WATER, "support@water.example.org", news)
    return SiteSummary(
        site, site.url, administrator=True, memberships=(_choir(), _committee(), _sensors())
    )


def _greenfield() -> SiteSummary:
    news = "<p>The tool shed opens at eight.</p><ul><li>Bring gloves</li><li>And tea</li></ul>"
    site = SiteInfo("green", "Greenfield Community", _GREEN, "help@green.example.net", news)
    return SiteSummary(site, site.url, administrator=False, memberships=(_allotments(),))


def _sensors() -> Membership:
    topics = (
        _topic(_WATER, "Turbidity spikes at the footbridge every morning at six", 14, 9, 30),
        _topic(_WATER, "Spare probes: who has some?", 11, 4, 12),
        _topic(_WATER, "\u5ddd\u306e\u6c34\u4f4d\u30c7\u30fc\u30bf\u306e\u5171\u6709", 2, 2, 8),
        *(_topic(_WATER, f"Calibration day {day}", 1, 1, day) for day in (3, 5, 7, 9)),
    )
    words = "It is the weir: they open it at a quarter to, and by six the mud is at the bridge."
    happened = _activity(
        Figures(15, len(topics), 831),
        before=Figures(12, 9, 725),
        people=range(8),
        topics=topics,
        keywords="turbidity probe weir footbridge mud calibration datalogger Schwebstoffe",
        quotation=Quotation(words, _person(3), topics[0]),
        contributions={_READER: Contribution(4, 2, 3)},
    )
    return _membership(
        _group(_WATER, "River Sensors", "sensors"),
        happened,
        EmailSetting.EACH_POST,
        administrator=False,
    )


def _committee() -> Membership:
    topics = (_topic(_WATER, "Minutes of October", 2, 1, 20),)
    happened = _activity(
        Figures(1, 1, 2),
        before=Figures(0, 0, 0),
        people=[7],
        topics=topics,
        keywords="minutes",
        contributions={_READER: Contribution(2, 1, 0)},
    )
    group = _group(_WATER, "Committee", "committee", secret=True)
    return _membership(group, happened, EmailSetting.DIGEST, administrator=True)


def _choir() -> Membership:
    happened = _activity(Figures(0, 0, 0), before=Figures(2, 1, 3))
    return _membership(
        _group(_WATER, "Choir", "choir"), happened, EmailSetting.WEB_ONLY, administrator=False
    )


def _allotments() -> Membership:
    topics = (
        _topic(_GREEN, "When to lift the dahlias", 5, 4, 28),
        _topic(
            _GREEN,
            "\u05de\u05d9 \u05dc\u05d5\u05e7\u05d7 \u05d6\u05e8\u05e2\u05d9\u05dd?",
            1,
            1,
            2,
        ),
    )
    happened = _activity(
        Figures(5, 2, 6),
        before=Figures(1, 1, 1),
        people=(0, 5, 6, 1, 2),
        topics=topics,
        keywords="dahlias seeds frost Kürbis",
        quotation=Quotation("I lift mine after the first frost.", _person(6), topics[0]),
    )
    return _membership(
        _group(_GREEN, "Allotments", "allotments"),
        happened,
        EmailSetting.EACH_POST,
        administrator=False,
    )


def _membership(group, happened, delivery, *, administrator) -> Membership:
    return Membership(group, happened, administrator, delivery)


def _activity(
    figures, *, before, people=(), topics=(), keywords="", quotation=None, contributions=None
):
    grades = tuple(Grade)
    words = keywords.split()
    graded = tuple(
        Keyword(word, grades[n * len(grades) // len(words)]) for n, word in enumerate(words)
    )
    who = tuple(map(_person, people))
    return Activity(figures, before, who, topics, graded, quotation, contributions or {})


def _group(site, title, group_id, *, secret=False) -> Group:
    url, address = f"{site}/groups/{group_id}", f"{group_id}@{site.removeprefix('https://')}"
    return Group(group_id, title, url, url, address, secret, 31, tuple(map(_person, range(7))))


def _person(number: int) -> Author:
    own = _NAMES[number] == "Noor van Dijk"
    photo = f"{_WATER}/{number}.jpg" if number < 2 else None
    return Author(_READER if own else f"person{number}", _NAMES[number], photo)


def _topic(site, title, posts, people, day) -> Topic:
    latest = datetime(2026, 10, day, 18, tzinfo=UTC)
    return Topic(title, f"{site}/r/topic/4kZ9{posts}{day}", posts, people, latest)


if __name__ == "__main__":
    SNAPSHOTS.mkdir(exist_ok=True)
    for path, content in snapshots().items():
        path.write_text(content, "utf-8")
