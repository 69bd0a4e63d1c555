# SPDX-License-Identifier: MIT
"""Languages: complete catalogues, plural forms, months, numbers and lists."""

import gc
import re
import subprocess
import sys
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from babel import Locale
from babel.dates import get_month_names
from babel.lists import format_list
from babel.localedata import locale_identifiers
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from jinja2 import Environment
from rich.cells import cell_len

from gs.profile.status.hooks import Period
from gs.profile.status.site.model import Contribution, Figures
from gs.profile.status.site.notification import wording_for
from gs.profile.status.site.notification.languages import SOURCE, TRANSLATIONS
from gs.profile.status.site.web.pages.page import answer
from notifications.reading import both, joined
from notifications.summaries import activity, membership, of_group, on_site, summary

ROOT = Path(__file__).parents[2]
LOCALE = ROOT / "src/gs/profile/status/site/notification/locale"
LANGUAGES = sorted(path.stem for path in LOCALE.glob("*.po"))
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
THIN, HARD = "\u202f", "\u00a0"
PLACES = ["en", "en-GB", "de", "de-AT", "de-CH", "es", "es-MX", "fr", "fr-CA"]


@cache
def catalogue(language):
    return read_po(BytesIO((LOCALE / f"{language}.po").read_bytes()), locale=language)


def forms(message):
    """Return the pairs of a message and its translations."""
    source_forms = message.id if message.pluralizable else (message.id,)
    return source_forms, message.string if message.pluralizable else (message.string,)


def test_the_catalogues_are_complete():
    script = [sys.executable, str(ROOT / "scripts" / "messages.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "The catalogues are complete.\n"), done.stderr


def test_there_are_catalogues_of_three_languages():
    assert LANGUAGES == ["de", "es", "fr"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_message_is_translated_with_its_placeholders(language):
    messages = [message for message in catalogue(language) if message.id]
    assert len(messages) > 90
    for message in messages:
        assert not message.fuzzy, message.id
        source_forms, translated = forms(message)
        assert len(translated) == (2 if message.pluralizable else 1)
        wanted = set(PLACEHOLDER.findall(source_forms[-1]))
        for form in translated:
            assert form.strip(), message.id
            # "One more" may omit the number; all other placeholders are required.
            placeholders = set(PLACEHOLDER.findall(form))
            assert placeholders in (
                {*wanted},
                wanted - {"number"} if message.pluralizable else wanted,
            )
            assert "%" not in PLACEHOLDER.sub("", form), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_ends_with_the_same_punctuation(language):
    # A translation ends with the punctuation of the message.
    for message in catalogue(language):
        if message.id:
            source_forms, translated = forms(message)
            for form in translated:
                ends = {"?": "?", ".": ".", ":": ":"}
                assert ends.get(form[-1]) == ends.get(source_forms[-1][-1]), form


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_ends_without_a_space(language):
    labels = [m for m in catalogue(language) if any("/templates/" in p for p, _ in m.locations)]
    labels = [m for m in labels if isinstance(m.id, str) and re.fullmatch(r"[\w ]+:", m.id)]
    assert len(labels) > 15
    for label in labels:
        assert cell_len(label.string) < 18, label.string
        assert cell_len(label.id) < 18, label.id


def test_french_has_its_spaces():
    for message in catalogue("fr"):
        for form in forms(message)[1] if message.id else ():
            for at, sign in enumerate(form):
                if sign in "?;!:»":
                    assert form[at - 1] in THIN + HARD, form


@pytest.mark.parametrize(
    ("language", "tag", "subject"),
    [
        ("en", "en", "What is happening in your groups"),
        ("en-GB", "en-GB", "What is happening in your groups"),
        ("de", "de", "Was in deinen Gruppen los ist"),
        ("de-AT", "de-AT", "Was in deinen Gruppen los ist"),
        ("de_CH", "de-CH", "Was in deinen Gruppen los ist"),
        ("DE", "de", "Was in deinen Gruppen los ist"),
        ("de-XX", "de", "Was in deinen Gruppen los ist"),
        ("de-u-nu-arab", "de", "Was in deinen Gruppen los ist"),
        ("fr-CA", "fr-CA", "Ce qui se passe dans vos groupes"),
        ("es-419", "es-419", "Lo que pasa en tus grupos"),
        ("ja", "en", "What is happening in your groups"),
        ("", "en", "What is happening in your groups"),
        ("../../etc/passwd", "en", "What is happening in your groups"),
        ('de"><script>', "en", "What is happening in your groups"),
        ('de-"><script>', "de", "Was in deinen Gruppen los ist"),
        ("de-" + "x" * 5000, "en", "What is happening in your groups"),
        ("\ud800", "en", "What is happening in your groups"),
    ],
)
def test_a_language_is_found_by_its_tag(language, tag, subject):
    wording = wording_for(language)
    assert wording.tag == tag
    assert wording.subject == subject


def test_the_wording_of_a_language_is_cached():
    assert wording_for("de-AT") is wording_for("de_AT")
    assert wording_for("fr") is wording_for("FR")


@pytest.mark.parametrize("language", [*PLACES, "es-419"])
def test_months_and_numbers_follow_the_region(language):
    # CLDR defines the exact form.
    wording, place = wording_for(language), Locale.parse(language, "-")
    for number, name in get_month_names("wide", "format", place).items():
        period = Period(2026, number)
        assert wording.month(period) == name
        year = wording.month_of_year(period)
        assert year[0].isupper()
        assert {name.casefold(), "2026"} <= set(year.casefold().split())
    assert wording.number(12345) == format_decimal(12345, locale=place)


@pytest.mark.parametrize("language", PLACES)
def test_lists_follow_the_language(language):
    wording, place = wording_for(language), Locale.parse(language, "-")
    for mails in ("AB", "ABC"):
        assert wording.listed(list(mails)) == format_list(list(mails), locale=place)
    assert wording.listed(["{0}"]) == "{0}"


@pytest.mark.parametrize(
    ("language", "source_forms"),
    [
        ("en", ["0 posts", "1 post", "2 posts"]),
        ("de", ["0 Beiträge", "1 Beitrag", "2 Beiträge"]),
        ("es", ["0 mensajes", "1 mensaje", "2 mensajes"]),
        ("fr", ["0 message", "1 message", "2 messages"]),
    ],
)
def test_plural_forms_are_right(language, source_forms):
    wording = wording_for(language)
    counted = [wording.plural("%(number)s post", "%(number)s posts", n) for n in (0, 1, 2)]
    assert counted == source_forms


@pytest.mark.parametrize(
    ("language", "overview", "silence", "own"),
    [
        (
            "en",
            "In {month}, people wrote {number} posts on 3 topics in your group.",
            "Nobody posted in your groups in {month}.",
            "You wrote 4 posts and started 1 topic, and 2 people answered.",
        ),
        (
            "de",
            "Im {month} gab es {number} Beiträge zu 3 Themen in deiner Gruppe.",
            "In deinen Gruppen hat im {month} niemand etwas geschrieben.",
            "Du hast 4 Beiträge geschrieben und 1 Thema begonnen; 2 Personen haben geantwortet.",
        ),
        (
            "es",
            "En {month} hubo {number} mensajes sobre 3 temas en tu grupo.",
            "En {month} no escribió nadie en tus grupos.",
            "Escribiste 4 mensajes y abriste 1 tema; respondieron 2 personas.",
        ),
        (
            "fr",
            "En {month}, il y a eu {number} messages sur 3 sujets dans votre groupe.",
            "Personne n’a écrit dans vos groupes en {month}.",
            "Vous avez écrit 4 messages et lancé 1 sujet ; 2 personnes ont répondu.",
        ),
    ],
)
def test_both_parts_use_the_language(language, overview, silence, own):
    place = Locale.parse(language)
    source_forms = {
        "month": get_month_names("wide", "format", place)[7],
        "number": joined(format_decimal(12345, locale=place)),
    }
    happened = activity(
        12345, contributions={"reader0123456789": Contribution(4, 1, 2)}, before=Figures(1, 1, 1)
    )
    source = of_group(activity=happened)
    for words in both(summary(*source.sites, language=language)):
        assert overview.format(**source_forms) in words
        assert own in words
    quiet = on_site(*of_group(activity=activity(0)).sites[0].memberships)
    for words in both(summary(quiet, language=language)):
        assert silence.format(**source_forms) in words


@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_no_text_stays_english(language):
    from notifications.sample import rich  # noqa: PLC0415 - the sample with all parts

    english = {
        form
        for message in catalogue(language)
        if message.id
        for form in forms(message)[0]
        if len(form) > 9 and "%" not in form and form not in forms(message)[1]
    }
    for words in both(rich(language)):
        assert not [form for form in english if re.search(rf"\b{re.escape(form)}", words)]


SPOKEN = {SOURCE, *TRANSLATIONS}
# Every third figure is "many".
REGIONS = [tag for tag in locale_identifiers() if tag.partition("_")[0] in SPOKEN][::3]


def environments():
    gc.collect()
    return sum(isinstance(one, Environment) for one in gc.get_objects())


def test_templates_are_cached_by_language_and_not_by_region():
    assert len(REGIONS) > 10 * len(SPOKEN)
    before = environments()
    for region in REGIONS:
        both(summary(language=region))
        answer(wording_for(region), "bad_form.html")
    # One each for the text, the HTML and the pages.
    assert environments() <= before + 3 * len(SPOKEN)


def test_each_region_has_its_own_number_format():
    site = on_site(membership(activity=activity(12345)))
    for region in ("de", "de-CH", "de", "en", "es-MX"):
        number = format_decimal(12345, locale=Locale.parse(region, "-"))
        for words in both(summary(site, language=region)):
            assert f"{joined(number)} " in words
            assert ("12345 " in words) is (number == "12345")


def test_a_posix_modifier_is_ignored():
    assert wording_for("en-US@x").tag == "en-US"
    assert wording_for("en-US@x") is wording_for("en-US@y") is not wording_for("de")
