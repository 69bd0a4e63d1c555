# SPDX-License-Identifier: MIT
"""Snapshots of a notification with all parts in four languages, reviewed by a person.

To update them: `cd tests; python -m notifications.sample`, and review the difference.
"""

import html5lib
import pytest
import tinycss2
from rich.cells import cell_len

from notifications.reading import Page, html_of, text_of
from notifications.sample import LANGUAGES, SNAPSHOTS, rich, snapshots

HTML = [path for path in sorted(snapshots()) if path.suffix == ".html"]


@pytest.mark.parametrize("path", sorted(snapshots()), ids=lambda path: path.name)
def test_the_notification_equals_its_snapshot(path):
    assert snapshots()[path] == path.read_text("utf-8")


def test_there_are_no_other_snapshots():
    assert set(SNAPSHOTS.iterdir()) == set(snapshots())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_html_is_valid(language):
    html5lib.HTMLParser(strict=True).parse(html_of(rich(language)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_html_is_accessible(language):
    page = Page(html_of(rich(language)))
    assert page.faults == []
    assert page.all("html") == [{"lang": language, "dir": "ltr"}]
    assert {table.get("role") for table in page.all("table")} == {"presentation"}
    assert all(image.get("alt") for image in page.all("img"))
    assert page.all("script") == page.all("link") == page.all("form") == []
    names = {meta.get("name") for meta in page.all("meta")}
    assert {"viewport", "color-scheme", "supported-color-schemes"} <= names


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_style_is_valid_css(language):
    source = html_of(rich(language))
    styles = [each["style"] for _, each in Page(source).elements if each.get("style")]
    assert len(styles) > 100
    for style in set(styles):
        declarations = tinycss2.parse_blocks_contents(style, skip_whitespace=True)
        assert {each.type for each in declarations} == {"declaration"}, style
    sheet = source.partition("<style>")[2].partition("</style>")[0]
    rules = tinycss2.parse_stylesheet(sheet, skip_whitespace=True)
    assert {rule.type for rule in rules} == {"qualified-rule", "at-rule"}
    assert "prefers-color-scheme:dark" in sheet.replace(" ", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_has_78_columns_and_no_markup(language):
    text = text_of(rich(language))
    assert [row for row in text.splitlines() if cell_len(row) > 78] == []
    assert not set("<>{}*`|") & set(text)
    assert "&amp;" not in text
    assert "\n\n\n\n\n" not in text
    assert not [row for row in text.splitlines() if row != row.rstrip()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_sites_have_clear_space_between_them(language):
    text = text_of(rich(language))
    assert text.count("\n\n\n\n") >= 1
    for title in ("Open Water Lab", "Greenfield Community"):
        (row,) = [
            at
            for at, line in enumerate(text.splitlines())
            if line.endswith(f" {title}") and text.splitlines()[at + 1].startswith("=")
        ]
        assert text.splitlines()[row - 2 : row] == ["", ""]
