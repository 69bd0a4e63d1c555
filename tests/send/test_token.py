# SPDX-License-Identifier: MIT
"""The token is known to the hooks, and shown to nobody."""

import html
from urllib.parse import quote, quote_plus

import pytest

from gs.profile.status.send.text import Token

SECRETS = ["secret", "100%", 'a"b<c>&d', "with space", "émile", "back\\slash", "a/b+c"]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "written",
    [str, html.escape, quote, quote_plus, lambda s: quote(s, safe=""), lambda s: repr(s)[1:-1]],
)
def test_however_the_site_writes_the_token_it_is_cut(secret, written):
    assert (
        Token(secret).cut(f"The token «{written(secret)}» is wrong")
        == "The token «[token]» is wrong"
    )


def test_a_token_does_not_show_itself_in_a_traceback_or_a_debugger():
    token = Token("secret")
    assert "secret" not in f"{token} {token!r}"
    assert not hasattr(token, "__dict__")


def test_the_token_can_be_had_for_the_body_of_a_request():
    assert Token("sec%ret").reveal() == "sec%ret"


def test_a_text_without_the_token_stays_as_it_is():
    assert Token("secret").cut("All is well") == "All is well"
