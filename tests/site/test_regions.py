# SPDX-License-Identifier: MIT
"""There are hundreds of regions, whose numbers differ: they take no memory each."""

import gc

from babel.localedata import locale_identifiers
from jinja2 import Environment

from gs.profile.status.site.letter import wording_for
from gs.profile.status.site.letter.catalogues import SOURCE, TRANSLATIONS
from gs.profile.status.site.web.pages.answers import answer
from letters.reading import both
from letters.summaries import activity, membership, on_site, summary

LANGUAGES = {SOURCE, *TRANSLATIONS}
REGIONS = [tag for tag in locale_identifiers() if tag.partition("_")[0] in LANGUAGES]


def environments():
    gc.collect()
    return sum(isinstance(one, Environment) for one in gc.get_objects())


def test_the_templates_are_kept_for_each_language_and_not_for_each_region():
    assert len(REGIONS) > 150
    before = environments()
    for region in REGIONS:
        both(summary(language=region))
        answer(wording_for(region), "bad_form.html")
    # The text, the HTML and the pages.
    assert environments() <= before + 3 * len(LANGUAGES)


def test_each_region_has_its_numbers_all_the_same():
    site = on_site(membership(activity=activity(1234)))
    for region, number in [("de", "1.234"), ("de-CH", "1’234"), ("de", "1.234"), ("en", "1,234")]:
        for words in both(summary(site, language=region)):
            assert f"{number} " in words
            assert "1234 " not in words


def test_what_is_no_part_of_a_tag_is_left_out():
    assert wording_for("en-US@x").tag == "en-US"
    assert wording_for("en-US@x") is wording_for("en-US@y") is not wording_for("de")
