# SPDX-License-Identifier: MIT
"""The answers of the hooks, as PROTOCOL.md of the original site describes them."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.hooks import (
    FormRefusal,
    HookReply,
    NotAReplyError,
    SendForm,
    Status,
    members_form,
    read_reply,
    write_refusal,
    write_reply,
)

WRONG_TOKEN = 'Token: The authentication token "wrong" does not match the one in the database.'


@pytest.mark.parametrize("status", [0, -2, -4, -8, -16, -32, -1024, 7])
def test_a_status_with_a_message_is_a_reply(status):
    body = b'{"status": %d, "message": "Jos\\u00eb (u1)"}' % status
    assert read_reply(body) == HookReply(status, "Josë (u1)")


def test_a_name_may_be_unescaped():
    assert read_reply('{"status": 0, "message": "山田"}'.encode()) == HookReply(0, "山田")


@pytest.mark.parametrize("status", ["-1", "100", "0", "-1024", '"x"'])
def test_a_list_as_message_is_a_refused_form_whatever_the_status(status):
    body = f'{{"status": {status}, "message": ["Token: wrong", "other"]}}'.encode()
    assert read_reply(body) == FormRefusal(("Token: wrong", "other"))


@pytest.mark.parametrize("status", [-1, 100])
def test_the_status_of_a_refused_form_is_enough(status):
    assert read_reply(b'{"status": %d, "message": "No"}' % status) == FormRefusal(("No",))


def test_the_self_description_of_a_hook_is_a_refused_form():
    body = b'{"message": ["This hook takes a POST."], "actions": {}, "arguments": {}}'
    assert read_reply(body) == FormRefusal(("This hook takes a POST.",))


@pytest.mark.parametrize(
    ("complaints", "of_token"),
    [
        ([WRONG_TOKEN, "Token: Required input is missing."], True),
        (["Profile identifier: Required input is missing."], False),
        (["Profile identifier: Missing", "Token: Required input is missing."], True),
        ([], False),
    ],
)
def test_a_refusal_of_the_token_is_recognized(complaints, of_token):
    refusal = read_reply(write_refusal(*complaints))
    assert isinstance(refusal, FormRefusal)
    assert refusal.of_token is of_token


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'["u1"]',
        b"0",
        b"null",
        b"{}",
        b'{"status": 0, "message": "x"',
        b'{"status": 0, "message": 5}',
        b'{"status": 0, "message": ["Token:", 5]}',
        b'{"status": true, "message": "x"}',
        b'{"status": 0.0, "message": "x"}',
        b'{"status": "0", "message": "x"}',
        b'{"status": null, "message": "x"}',
        b'{"status": ' + b"9" * 5000 + b"}",
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_anything_else_is_not_a_reply(body):
    with pytest.raises(NotAReplyError):
        read_reply(body)


def test_half_of_a_surrogate_pair_can_be_encoded():
    reply = read_reply(b'{"status": 0, "message": "a\\ud800b"}')
    assert reply == HookReply(0, "a?b")


@given(st.integers(-(2**31), 2**31).filter(lambda n: n not in (-1, 100)), st.text())
def test_a_written_reply_is_read_back(status, message):
    clean = message.encode("utf-8", "replace").decode()
    assert read_reply(write_reply(status, message)) == HookReply(status, clean)


@given(st.binary())
def test_any_bytes_are_a_reply_or_not_a_reply_error(body):
    with suppress(NotAReplyError):
        read_reply(body)


def test_the_forms_have_exactly_the_fields_of_the_protocol():
    assert members_form("a b") == b"token=a+b&get="
    assert SendForm("100%&=é").of("u1") == b"profileId=u1&token=100%25%26%3D%C3%A9&send=Send"


def test_a_reply_is_ascii_on_the_wire():
    assert write_reply(Status.SENT, "ë") == b'{"status": 0, "message": "\\u00eb"}'
    assert json.loads(write_refusal("ë")) == {"status": -1, "message": ["ë"]}
