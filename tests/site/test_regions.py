# SPDX-License-Identifier: MIT
"""There are hundreds of regions, whose numbers differ: they take no memory each."""

import gc

from babel import Locale
from babel.localedata import locale_identifiers
from babel.numbers import format_decimal
from jinja2 import Environment

from gs.profile.status.site.notification import wording_for
from gs.profile.status.site.notification.languages import SOURCE, TRANSLATIONS
from gs.profile.status.site.web.pages.page import answer
from notifications.reading import both, joined
from notifications.summaries import activity, membership, on_site, summary

LANGUAGES = {SOURCE, *TRANSLATIONS}
# Each third of them is many.
REGIONS = [tag for tag in locale_identifiers() if tag.partition("_")[0] in LANGUAGES][::3]


def environments():
    gc.collect()
    return sum(isinstance(one, Environment) for one in gc.get_objects())


def test_the_templates_are_kept_for_each_language_and_not_for_each_region():
    assert len(REGIONS) > 10 * len(LANGUAGES)
    before = environments()
    for region in REGIONS:
        both(summary(language=region))
        answer(wording_for(region), "bad_form.html")
    # The text, the HTML and the pages.
    assert environments() <= before + 3 * len(LANGUAGES)


def test_each_region_has_its_numbers_all_the_same():
    site = on_site(membership(activity=activity(12345)))
    for region in ("de", "de-CH", "de", "en", "es-MX"):
        number = format_decimal(12345, locale=Locale.parse(region, "-"))
        for words in both(summary(site, language=region)):
            assert f"{joined(number)} " in words
            assert ("12345 " in words) is (number == "12345")


def test_what_is_no_part_of_a_tag_is_left_out():
    assert wording_for("en-US@x").tag == "en-US"
    assert wording_for("en-US@x") is wording_for("en-US@y") is not wording_for("de")
