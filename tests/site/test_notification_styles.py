# SPDX-License-Identifier: MIT
"""Style rules are inlined into the elements of a template."""

import pytest

from gs.profile.status.site.notification.render import classes, compact, inline, rules

SHEET = "/* a { } */ .a, .b { color: #fff;\n margin: 0; } .b { border: 0; }"


def test_the_rules_of_a_class_are_gathered():
    assert rules(SHEET) == {"a": "color:#fff;margin:0;", "b": "color:#fff;margin:0;border:0;"}


def test_a_style_sheet_is_minified():
    assert compact("@media (x) {\n  .a  { color: red !important; }\n}") == (
        "@media (x){.a{color:red !important;}}"
    )


def test_the_classes_of_a_sheet_are_found():
    assert classes("@media (x) { .a .b-c, .d { margin: 0.5em; } } /* .e */") == {"a", "b-c", "d"}


@pytest.mark.parametrize(
    ("element", "styled"),
    [
        ('<p class="a">', '<p style="color:red">'),
        ('<p class="a b">', '<p style="color:red;margin:0">'),
        ('<p class="kept a">', '<p class="kept" style="color:red">'),
        ('<p class="kept">', '<p class="kept">'),
        ('<p class="a" style="width:{{ x }}">', '<p style="color:red;width:{{ x }}">'),
        ("<p>", "<p>"),
    ],
)
def test_an_element_gets_the_style_of_its_classes(element, styled):
    declared = {"a": "color:red;", "b": "margin:0;"}
    assert inline(element, declared, frozenset({"kept"})) == styled


def test_a_class_without_a_rule_is_an_error():
    with pytest.raises(KeyError, match="missing"):
        inline('<p class="missing">', {}, frozenset())
