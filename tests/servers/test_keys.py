# SPDX-License-Identifier: MIT
"""What the test's site does about idempotency keys, seen by bare sockets."""

import json
import threading
import time
from dataclasses import replace

import pytest

from limits import LIMIT
from servers import deaths, faults, raw_client
from servers.http2_client import Frames
from servers.moves import Fault, Say

KEY = '"2026-10-0a1b2c"'
SENT = (
    b'{"status": 0, "message": "Sent the monthly profile-status notification to Jane Smith (u1)"}'
)


def _ask(site, request):
    """Return the status and the body of one call."""
    with raw_client.Bare(site) as client:
        head, body = client.ask(request)
    return int(head.split()[1]), body


def _send(site, member="u1", key=KEY, **more):
    form = {"profileId": member, "token": "secret", "send": "Send", "period": "2026-10", **more}
    return _ask(
        site, raw_client.post(site.prefix + "/gs-profile-status-send.html", _line(key), **form)
    )


def _line(key):
    return f"Idempotency-Key: {key}"


def _begin(site, key=KEY):
    """Call the send hook, and return the connection, on which the answer is still to come."""
    client = raw_client.Bare(site)
    seen = len(site.requests)
    client.sock.sendall(raw_client.send("u1", _line(key)))
    site.wait_for_requests(seen + 1)
    return client


@pytest.fixture
def site(groupserver):
    return groupserver(members=["u1", "u2"], keys=7_776_000)


def test_the_list_of_members_says_for_how_long_keys_are_remembered(site):
    with raw_client.Bare(site) as client:
        head, body = client.ask(raw_client.members())
    assert b"\r\nIdempotency-Key-Lifetime: 7776000\r\n" in head + b"\r\n"
    assert sorted(json.loads(body)) == ["u1", "u2"]


def test_a_stranger_is_not_told_of_keys(site):
    with raw_client.Bare(site) as client:
        assert b"Lifetime" not in client.ask(raw_client.members(token="wrong"))[0]


def test_a_site_without_keys_neither_speaks_of_them_nor_heeds_them(groupserver):
    site = groupserver(members=["u1"])
    with raw_client.Bare(site) as client:
        assert b"Lifetime" not in client.ask(raw_client.members())[0]
    assert _send(site) == _send(site) == (200, SENT)
    assert _send(site, key="no key")[0] == 200
    assert site.mailed == {"u1": 3}


def test_a_key_is_answered_again_and_mails_nobody_twice(site):
    assert _send(site) == _send(site) == (200, SENT)
    assert site.mailed == {"u1": 1}
    assert [one.header("Idempotency-Key") for one in site.sends] == [KEY, KEY]


def test_another_key_and_no_key_are_other_calls(site):
    for header in (_line(KEY), _line('"2"'), "X-Other: 1"):
        _ask(site, raw_client.send("u1", header))
    assert site.mailed == {"u1": 3}


@pytest.mark.parametrize("status", [-2, -4, -8, -16, -32])
def test_a_skipped_member_stays_skipped(site, status):
    site.answers["u1"] = status
    first = _send(site)
    site.answers.clear()
    assert _send(site) == first
    assert json.loads(first[1])["status"] == status
    assert not site.mailed


@pytest.mark.parametrize(
    "behaviour",
    [
        -1024,
        7,
        faults.trouble(500),
        faults.trouble(503),
        faults.text('{"status": -1, "message": ["Token: x"]}'),
        faults.text("[0]"),
        Fault("nothing done", (Say(faults.trouble(500)),), works=False),
    ],
)
def test_what_was_not_done_is_not_remembered(site, behaviour):
    site.on_send = [behaviour]
    _send(site)
    assert not site.mailed
    assert _send(site) == (200, SENT)
    assert site.mailed == {"u1": 1}


@pytest.mark.parametrize("changed", [{"member": "u2"}, {"period": "2026-11"}, {"other": "1"}])
def test_another_form_with_the_same_key_is_refused(site, changed):
    _send(site)
    assert _send(site, **changed)[0] == 422
    assert site.mailed == {"u1": 1}


@pytest.mark.parametrize("key", ["", '""', "2026", '"a', '"a" "b"', '"ü"', f'"{"x" * 256}"'])
def test_what_is_no_key_is_refused(site, key):
    assert _send(site, key=key)[0] == 400
    assert not site.mailed


@pytest.mark.parametrize("key", ['"a"', r'"a\"b\\"', f'"{"x" * 255}"'])
def test_any_string_is_a_key(site, key):
    assert _send(site, key=key) == _send(site, key=key) == (200, SENT)
    assert site.mailed == {"u1": 1}


def test_a_key_counts_only_after_the_token_was_accepted(site):
    assert b"Token:" in _send(site, token="wrong", key="no key")[1]
    assert b"Token:" in _send(site, token="wrong")[1]
    assert _send(site) == (200, SENT)
    assert b"Token:" in _send(site, token="wrong")[1]


def test_a_call_that_is_still_worked_on_is_a_conflict(site):
    released = threading.Event()
    site.on_send = [faults.held(released)]
    with _begin(site) as client:
        assert _ask(site, raw_client.send("u1", _line(KEY)))[0] == 409
        released.set()
        assert client.answer()[1] == SENT
    assert _ask(site, raw_client.send("u1", _line(KEY))) == (200, SENT)
    assert site.mailed == {"u1": 1}


def test_a_delayed_call_is_a_conflict_until_it_is_over(site):
    seconds, began = 0.5, time.monotonic()
    site.on_send = [faults.delayed(seconds)]
    with _begin(site) as client:
        status, _ = _ask(site, raw_client.send("u1", _line(KEY)))
        # On a loaded machine it may be over before it is asked.
        assert status == 409 or time.monotonic() - began > seconds
        assert client.answer()[1] == SENT
    assert _ask(site, raw_client.send("u1", _line(KEY))) == (200, SENT)
    assert site.mailed == {"u1": 1}


def test_a_call_that_is_being_decided_on_is_a_conflict(site):
    deciding, decided = threading.Event(), threading.Event()

    def decide(_asked):
        deciding.set()
        decided.wait(LIMIT)

    site.on_send = [decide]
    with raw_client.Bare(site) as client:
        client.sock.sendall(raw_client.send("u1", _line(KEY)))
        assert deciding.wait(LIMIT)
        assert _ask(site, raw_client.send("u1", _line(KEY)))[0] == 409
        decided.set()
        assert client.answer()[1] == SENT
    assert site.mailed == {"u1": 1}


def test_the_work_goes_on_though_the_client_goes_away(site):
    released = threading.Event()
    site.on_send = [faults.held(released)]
    with _begin(site):
        pass
    assert _ask(site, raw_client.send("u1", _line(KEY)))[0] == 409
    released.set()
    assert _ask(site, raw_client.send("u1", _line(KEY))) == (200, SENT)
    assert site.mailed == {"u1": 1}


def test_over_http2_the_work_goes_on_though_the_client_goes_away(groupserver, authority):
    site = groupserver(members=["u1"], keys=60, tls=authority.good(), http2=True)
    released = threading.Event()
    site.on_send = [faults.held(released)]
    with Frames(site, authority) as client:
        client.send("u1", ("idempotency-key", KEY))
        site.wait_for_requests(1)
    with Frames(site, authority) as client:
        stream = client.send("u1", ("idempotency-key", KEY))
        assert "409" in client.until(f"end of {stream}")
        released.set()
        assert "200" in client.until(f"end of {client.send('u1', ('idempotency-key', KEY))}")
    assert site.mailed == {"u1": 1}


@pytest.mark.parametrize("death", deaths.HTTP1, ids=lambda death: death.name)
def test_an_answer_that_is_lost_is_given_again(site, death):
    site.on_send = [death]
    with raw_client.Bare(site) as client:
        client.sock.sendall(raw_client.send("u1", _line(KEY)))
        client.rest()
    assert _ask(site, raw_client.send("u1", _line(KEY))) == (200, SENT)
    assert site.mailed == {"u1": 1}


def test_an_answer_is_lost_once_more(site):
    site.on_send = [None, faults.closed()]
    _send(site)
    with raw_client.Bare(site) as client:
        client.sock.sendall(raw_client.send("u1", _line('"x"')))
        client.rest()
    site.on_send = [faults.closed()]
    with raw_client.Bare(site) as client:
        client.sock.sendall(raw_client.send("u1", _line('"x"')))
        assert client.rest() == (b"", "FIN")
    assert site.mailed == {"u1": 2}


def test_a_proxy_loses_the_answer_and_the_site_has_it_still(site):
    site.on_send = [replace(faults.trouble(504), mails=True)]
    assert _send(site)[0] == 504
    assert _send(site) == (200, SENT)
    assert site.mailed == {"u1": 1}


def test_a_proxy_answers_for_a_site_that_would_repeat(site):
    _send(site)
    site.on_send = [replace(faults.trouble(504), mails=True)]
    assert _send(site)[0] == 504
    assert site.mailed == {"u1": 1}


def test_a_site_that_was_stopped_remembers_the_keys(site):
    _send(site)
    site.stop()
    site.start()
    assert _send(site) == (200, SENT)
    assert site.mailed == {"u1": 1}


@pytest.mark.parametrize("wait", [faults.never(), faults.delayed(60)], ids=["held", "delayed"])
def test_a_site_that_is_stopped_at_work_has_done_it(site, wait):
    site.on_send = [wait]
    with _begin(site) as client:
        site.stop()
        client.rest()
    site.start()
    assert _ask(site, raw_client.send("u1", _line(KEY))) == (200, SENT)
    assert site.mailed == {"u1": 1}


def test_a_key_is_forgotten_when_its_time_is_over(groupserver):
    site = groupserver(members=["u1"], keys=0)
    _send(site)
    _send(site)
    assert site.mailed == {"u1": 2}
