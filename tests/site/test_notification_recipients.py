# SPDX-License-Identifier: MIT
"""The recipients of the notification: names in any script, unusual and missing addresses."""

import email
from email.header import decode_header, make_header
from email.policy import default
from email.utils import parseaddr

import pytest

from gs.profile.status.site.addresses import unstructured
from gs.profile.status.site.model import Addresses
from gs.profile.status.site.notification import NoAddressError
from notifications.reading import composed, received
from notifications.summaries import summary


def addressed(*preferred, **changes):
    return summary(addresses=Addresses(preferred, (), ()), **changes)


def test_a_notification_goes_to_each_preferred_address_by_name():
    to = received(addressed("anna@example.org", "a.l@example.com"))["To"].addresses
    assert [(a.display_name, a.addr_spec) for a in to] == [
        ("Anna Lindqvist", "anna@example.org"),
        ("Anna Lindqvist", "a.l@example.com"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Jürgen Müller",
        "O'Neill, Siobhán (she/her)",
        'Bob "the <builder>" \\ Smith',
        "=?utf-8?q?not_an_encoded_word?=",
        "\u7530\u4e2d \u3055\u304f\u3089" * 4,
        "\u0645\u062d\u0645\u062f \u0627\u0644\u0647\u0627\u0634\u0645\u064a",
        "🏳️ Flag 👩\u200d🚀",
        "a.b@example.net, c@example.net",
    ],
)
def test_a_name_in_any_script_is_unchanged(name):
    raw = composed(addressed("anna@example.org", name=name)).header
    assert raw.isascii()
    # The newer parser of the standard library adds spaces between some encoded words.
    shown, address = parseaddr(email.message_from_string(raw)["To"])
    assert (str(make_header(decode_header(shown))), address) == (
        name,
        "anna@example.org",
    )
    assert all(len(row) <= 76 for row in raw.splitlines() if "=?utf-8" in row)


def test_a_name_too_long_for_a_field_is_left_out():
    far = "x" * 50 + "@" + ".".join(["example"] * 20) + ".org"
    field = received(addressed(far, name="\u7530" * 100))["To"]
    assert str(field) == far


@pytest.mark.parametrize(
    ("address", "sent_to"),
    [
        ("anna@example.org", "anna@example.org"),
        ("anna@münchen.example", "anna@xn--mnchen-3ya.example"),
        ("john..doe@example.org", '"john..doe"@example.org'),
    ],
)
def test_an_unusual_address_is_written_as_in_the_standard(address, sent_to):
    made = composed(addressed(address, name=""))
    assert f"\r\nTo: {sent_to}\r\n".encode() in made.octets(eight_bit=False)
    assert made.recipients == (sent_to,)
    assert not made.international


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "@example.org",
        "a@",
        "a@b c",
        "a@-x.org",
        "a@b..org",
        "a\u202eb@example.org",
        "a\u200bb@example.org",
        "\ud800@example.org",
        "two words@example.org",
        "a\n@b.org",
        "a@b.org\nBcc: all@example.org",
        "a@b.org, c@d.org",
        "x" * 65 + "@b.org",
        "ü" * 33 + "@b.org",
    ],
)
def test_an_invalid_address_is_left_out(address):
    assert str(received(addressed(address, "anna@example.org", name=""))["To"]) == (
        "anna@example.org"
    )
    with pytest.raises(NoAddressError):
        composed(addressed(address))


@pytest.mark.parametrize("text", ["=?utf-8?q?Tea?=", "a =? b ?=", "Grüße =?x", "Tea"])
def test_an_unstructured_field_decodes_to_its_original_text(text):
    message = email.message_from_string(f"Subject: {unstructured(text)}\n\n", policy=default)
    assert message["Subject"] == text
