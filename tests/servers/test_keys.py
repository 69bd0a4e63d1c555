# SPDX-License-Identifier: MIT
"""The idempotency keys of the test site, seen by a socket client."""

import json
import threading
import time
from dataclasses import replace

import pytest

from limits import LIMIT
from servers import deaths, faults, raw_client
from servers.http2_client import Http2Client
from servers.moves import Fault, Say

KEY = '"2026-10-0a1b2c"'
SENT = (
    b'{"status": 0, "message": "Sent the monthly profile-status notification to Jane Smith (u1)"}'
)


def _ask(site, request):
    """Return the status and the body of one call."""
    with raw_client.RawClient(site) as client:
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
    """Call the send hook; return the connection without reading the answer."""
    client = raw_client.RawClient(site)
    seen = len(site.requests)
    client.sock.sendall(raw_client.send("u1", _line(key)))
    site.wait_for_requests(seen + 1)
    return client


@pytest.fixture
def site(groupserver):
    return groupserver(members=["u1", "u2"], keys=7_776_000)


def test_the_members_hook_states_the_key_lifetime(site):
    with raw_client.RawClient(site) as client:
        head, body = client.ask(raw_client.members())
    assert b"\r\nIdempotency-Key-Lifetime: 7776000\r\n" in head + b"\r\n"
    assert sorted(json.loads(body)) == ["u1", "u2"]


def test_a_wrong_token_gets_no_key_lifetime(site):
    with raw_client.RawClient(site) as client:
        assert b"Lifetime" not in client.ask(raw_client.members(token="wrong"))[0]


def test_a_site_without_keys_ignores_them(groupserver):
    site = groupserver(members=["u1"])
    with raw_client.RawClient(site) as client:
        assert b"Lifetime" not in client.ask(raw_client.members())[0]
    assert _send(site) == _send(site) == (200, SENT)
    assert _send(site, key="no key")[0] == 200
    assert site.mailed == {"u1": 3}


def test_a_repeated_key_gets_the_same_answer_and_no_second_mail(site):
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
def test_failed_work_is_not_remembered(site, behaviour):
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
def test_an_invalid_key_is_refused(site, key):
    assert _send(site, key=key)[0] == 400
    assert not site.mailed


@pytest.mark.parametrize("key", ['"a"', r'"a\"b\\"', f'"{"x" * 255}"'])
def test_any_string_is_a_key(site, key):
    assert _send(site, key=key) == _send(site, key=key) == (200, SENT)
    assert site.mailed == {"u1": 1}


def test_a_key_is_read_only_after_the_token_is_accepted(site):
    assert b"Token:" in _send(site, token="wrong", key="no key")[1]
    assert b"Token:" in _send(site, token="wrong")[1]
    assert _send(site) == (200, SENT)
    assert b"Token:" in _send(site, token="wrong")[1]


def test_a_call_in_progress_is_a_conflict(site):
    released = threading.Event()
    site.on_send = [faults.held(released)]
    with _begin(site) as client:
        assert _ask(site, raw_client.send("u1", _line(KEY)))[0] == 409
        released.set()
        assert client.answer()[1] == SENT
    assert _ask(site, raw_client.send("u1", _line(KEY))) == (200, SENT)
    assert site.mailed == {"u1": 1}


def test_a_delayed_call_is_a_conflict_until_it_ends(site):
    seconds, began = 0.5, time.monotonic()
    site.on_send = [faults.delayed(seconds)]
    with _begin(site) as client:
        status, _ = _ask(site, raw_client.send("u1", _line(KEY)))
        # On a loaded machine the call may end before the second one arrives.
        assert status == 409 or time.monotonic() - began > seconds
        assert client.answer()[1] == SENT
    assert _ask(site, raw_client.send("u1", _line(KEY))) == (200, SENT)
    assert site.mailed == {"u1": 1}


def test_a_call_without_a_decision_is_a_conflict(site):
    deciding, decided = threading.Event(), threading.Event()

    def decide(_asked):
        deciding.set()
        decided.wait(LIMIT)

    site.on_send = [decide]
    with raw_client.RawClient(site) as client:
        client.sock.sendall(raw_client.send("u1", _line(KEY)))
        assert deciding.wait(LIMIT)
        assert _ask(site, raw_client.send("u1", _line(KEY)))[0] == 409
        decided.set()
        assert client.answer()[1] == SENT
    assert site.mailed == {"u1": 1}


def test_the_work_continues_after_the_client_disconnects(site):
    released = threading.Event()
    site.on_send = [faults.held(released)]
    with _begin(site):
        pass
    assert _ask(site, raw_client.send("u1", _line(KEY)))[0] == 409
    released.set()
    assert _ask(site, raw_client.send("u1", _line(KEY))) == (200, SENT)
    assert site.mailed == {"u1": 1}


def test_the_work_continues_after_an_http2_client_disconnects(groupserver, authority):
    site = groupserver(members=["u1"], keys=60, tls=authority.good(), http2=True)
    released = threading.Event()
    site.on_send = [faults.held(released)]
    with Http2Client(site, authority) as client:
        client.send("u1", ("idempotency-key", KEY))
        site.wait_for_requests(1)
    with Http2Client(site, authority) as client:
        stream = client.send("u1", ("idempotency-key", KEY))
        assert "409" in client.until(f"end of {stream}")
        released.set()
        assert "200" in client.until(f"end of {client.send('u1', ('idempotency-key', KEY))}")
    assert site.mailed == {"u1": 1}


@pytest.mark.parametrize("death", deaths.HTTP1, ids=lambda death: death.name)
def test_a_lost_answer_is_repeated(site, death):
    site.on_send = [death]
    with raw_client.RawClient(site) as client:
        client.sock.sendall(raw_client.send("u1", _line(KEY)))
        client.rest()
    assert _ask(site, raw_client.send("u1", _line(KEY))) == (200, SENT)
    assert site.mailed == {"u1": 1}


def test_an_answer_can_be_lost_twice(site):
    site.on_send = [None, faults.closed()]
    _send(site)
    with raw_client.RawClient(site) as client:
        client.sock.sendall(raw_client.send("u1", _line('"x"')))
        client.rest()
    site.on_send = [faults.closed()]
    with raw_client.RawClient(site) as client:
        client.sock.sendall(raw_client.send("u1", _line('"x"')))
        assert client.rest() == (b"", "FIN")
    assert site.mailed == {"u1": 2}


def test_an_answer_lost_by_a_proxy_is_remembered_by_the_site(site):
    site.on_send = [replace(faults.trouble(504), mails=True)]
    assert _send(site)[0] == 504
    assert _send(site) == (200, SENT)
    assert site.mailed == {"u1": 1}


def test_a_proxy_error_hides_a_repeated_answer(site):
    _send(site)
    site.on_send = [replace(faults.trouble(504), mails=True)]
    assert _send(site)[0] == 504
    assert site.mailed == {"u1": 1}


def test_a_restarted_site_remembers_the_keys(site):
    _send(site)
    site.stop()
    site.start()
    assert _send(site) == (200, SENT)
    assert site.mailed == {"u1": 1}


@pytest.mark.parametrize("wait", [faults.never(), faults.delayed(60)], ids=["held", "delayed"])
def test_a_site_stopped_during_a_call_has_done_the_work(site, wait):
    site.on_send = [wait]
    with _begin(site) as client:
        site.stop()
        client.rest()
    site.start()
    assert _ask(site, raw_client.send("u1", _line(KEY))) == (200, SENT)
    assert site.mailed == {"u1": 1}


def test_a_key_is_forgotten_after_its_lifetime(groupserver):
    site = groupserver(members=["u1"], keys=0)
    _send(site)
    _send(site)
    assert site.mailed == {"u1": 2}
