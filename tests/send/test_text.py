# SPDX-License-Identifier: MIT
"""No text shows the token, in whatever way a site has escaped it."""

import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape as escape_of_markupsafe

from gs.profile.status.send.text import Token, printable

SECRETS = [
    "secret",
    "100%",
    "a'b<c",
    'a"b<c>&d',
    "with space",
    "émile",
    "back\\slash",
    "a/b+c",
    "a~b(c)*d!",
]


def _lower_hex(text):
    return "".join(part.lower() if part.startswith("%") else part for part in _escapes(text))


def _escapes(text):
    first, *others = text.split("%")
    yield first
    for other in others:
        yield f"%{other[:2]}"
        yield other[2:]


#: Ways in which a site may write the token: unchanged, in HTML, in a URL or form, in a string.
ESCAPES = {
    "as it is": str,
    "HTML text": lambda secret: html.escape(secret, quote=False),
    "HTML attribute": html.escape,
    "HTML with numbers": lambda secret: str(escape_of_markupsafe(secret)),
    "HTML with a named apostrophe": lambda secret: html.escape(secret).replace("&#x27;", "&apos;"),
    "URL path": quote,
    "URL path, lower case": lambda secret: _lower_hex(quote(secret)),
    "URL parameter": lambda secret: quote(secret, safe=""),
    "form": quote_plus,
    "form, lower case": lambda secret: _lower_hex(quote_plus(secret)),
    "Python": lambda secret: repr(secret)[1:-1],
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON in UTF-8": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "JSON of PHP": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "JSON in HTML": lambda secret: (
        json.dumps(secret)[1:-1]
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("'", "\\u0027")
    ),
}


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=list(ESCAPES))
@pytest.mark.parametrize("secret", SECRETS)
def test_the_token_is_redacted_however_it_is_escaped(secret, escape):
    text = f"The token «{escape(secret)}» is wrong"
    assert Token(secret).redact(text) == "The token «[token]» is wrong"


@given(st.text(min_size=1), st.sampled_from(list(ESCAPES.values())))
def test_any_token_is_redacted(secret, escape):
    try:
        written = escape(secret)
    except UnicodeEncodeError:
        return  # a lone surrogate cannot be part of a URL
    assert Token(secret).redact(written) == "[token]"


def test_neither_str_nor_repr_nor_vars_shows_the_token():
    token = Token("secret")
    assert "secret" not in f"{token} {token!r}"
    assert not hasattr(token, "__dict__")


def test_reveal_returns_the_token():
    assert Token("sec%ret").reveal() == "sec%ret"


def test_a_text_without_the_token_is_unchanged():
    assert Token("secret").redact("All is well") == "All is well"


def test_an_empty_token_redacts_nothing():
    assert Token("").redact("All is well") == "All is well"


def test_a_printable_text_is_one_line_without_control_characters():
    assert printable("one\ntwo\tthree\x1b[2J\u202efour") == "one two three\ufffd[2J\ufffdfour"
