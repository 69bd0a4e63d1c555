# SPDX-License-Identifier: MIT
"""The effect of each fault on an HTTP/1.1 connection, seen by a socket client."""

import threading
import time

import pytest

from limits import LIMIT
from servers import deaths, faults, raw_client
from servers.moves import Point

OK = b"HTTP/1.1 200 OK\r\n"
MESSAGE = b"Sent the monthly profile-status notification to Jane Smith (u1)"
SENT = b'{"status": 0, "message": "%b"}' % MESSAGE
HEAD = (
    OK + b"Server: Zope ZServer/1.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n" % len(SENT)
)
CHUNKED = HEAD.replace(b"Content-Length: %d" % len(SENT), b"Transfer-Encoding: chunked")
HALF = SENT[: len(SENT) // 2]


@pytest.fixture(params=["plain", "tls"])
def trust(request, authority):
    """Return the authority of a site with TLS, or None."""
    return None if request.param == "plain" else authority


@pytest.fixture
def site(groupserver, trust):
    return groupserver(members=["u1"], tls=None if trust is None else trust.good())


#: The received bytes, the end over TCP, and whether the member was mailed.
WIRE = {
    "closed after the headers": (b"", "FIN", False),
    "reset after the headers": (b"", "RST", False),
    "closed after the body": (b"", "FIN", True),
    "closed politely after the body": (b"", "goodbye", True),
    "reset after the body": (b"", "RST", True),
    "closed after the headers of the answer": (HEAD, "FIN", True),
    "closed politely after the headers of the answer": (HEAD, "goodbye", True),
    "reset after the headers of the answer": (HEAD, "RST", True),
    "closed in the body of the answer": (HEAD + HALF, "FIN", True),
    "reset in the body of the answer": (HEAD + HALF, "RST", True),
    "garbage for an answer": (b"\x00\xff\x16\x03 not HTTP\r\n\r\n", "FIN", True),
    "closed in the status line": (b"HTTP/1.1 2", "FIN", True),
    "reset in the status line": (b"HTTP/1.1 2", "RST", True),
    "closed in the headers": (OK + b"Content-", "FIN", True),
    "closed in the chunks": (CHUNKED + b"2d\r\n" + HALF + b"\r\n", "FIN", True),
    "reset in the chunks": (CHUNKED + b"2d\r\n" + HALF + b"\r\n", "RST", True),
    "closed after 100 Continue": (b"HTTP/1.1 100 Continue\r\n\r\n", "FIN", True),
    "reset after 100 Continue": (b"HTTP/1.1 100 Continue\r\n\r\n", "RST", True),
}


@pytest.mark.parametrize("reused", [False, True], ids=["first", "reused"])
@pytest.mark.parametrize("death", deaths.HTTP1, ids=lambda death: death.name)
def test_a_connection_ends_as_configured(site, trust, death, reused):
    data, end, mailed = WIRE[death.name]
    with raw_client.RawClient(site, trust) as client:
        if reused:
            client.ask(raw_client.send())
        site.on_send = [death]
        client.sock.sendall(raw_client.send())
        seen, how = client.rest()
    # A RST discards unread data, so only the beginning is compared.
    assert data.startswith(seen) if end == "RST" else seen == data
    assert how == (end if trust is not None or end != "goodbye" else "FIN")
    assert site.mailed["u1"] == mailed + reused
    assert [one.whole for one in site.requests[reused:]] == [mailed]


@pytest.mark.parametrize("birth", deaths.STILLBIRTHS, ids=lambda birth: birth.name)
def test_a_connection_ends_before_the_first_request(groupserver, birth):
    site = groupserver(members=["u1"])
    site.on_connection = [birth]
    with raw_client.RawClient(site) as client:
        client.sock.sendall(raw_client.send())
        assert client.rest() == (b"", "RST" if "reset" in birth.name else "FIN")
    with raw_client.RawClient(site) as client:
        client.ask(raw_client.send())
    assert (site.connections, len(site.requests)) == (2, 1)


def test_a_behaviour_can_be_chosen_for_each_connection(groupserver):
    site = groupserver(members=["u1"])
    births = iter([None, deaths.STILLBIRTHS[0]])
    site.on_connection = lambda _nothing: next(births)
    for end in ("", "FIN"):
        with raw_client.RawClient(site) as client:
            client.sock.sendall(raw_client.send())
            assert client.some()[1] == end


def test_a_handshake_can_be_refused(groupserver, authority):
    site = groupserver(members=["u1"], tls=authority.good())
    site.on_connection = [faults.garbage(point=Point.ACCEPT)]
    with pytest.raises(OSError, match="SSL"):
        raw_client.RawClient(site, authority)


@pytest.mark.parametrize(
    ("answer", "head", "body"),
    [
        (faults.trouble(), b"HTTP/1.1 500 Internal Server Error\r\n", b"<!DOCTYPE html>"),
        (faults.trouble(429, Retry_After="7"), b"\r\nRetry-After: 7\r\n", b"<!DOCTYPE html>"),
        (faults.trouble(599), b"HTTP/1.1 599 Unknown\r\n", b"<!DOCTYPE html>"),
        (faults.redirect(307, "//x/y"), b"307 Temporary Redirect\r\n", b"<!DOCTYPE html>"),
        (faults.redirect(302, "//x/y"), b"\r\nLocation: //x/y\r\n", b"<!DOCTYPE html>"),
        (faults.login_page(), OK, b"<!DOCTYPE html>"),
        (faults.login_page(), b"\r\nContent-Type: text/html;charset=utf-8\r\n", b"<!DOCTYPE"),
        (faults.text('{"a": 1}'), b"\r\nContent-Type: application/json\r\n", b'{"a": 1}'),
        (faults.text("[]", "text/plain"), b"\r\nContent-Type: text/plain\r\n", b"[]"),
        (faults.text(b"\xff"), b"\r\nContent-Length: 1\r\n", b"\xff"),
        (faults.text('["u1", 2]'), OK, b'["u1", 2]'),
        (faults.nested(3), OK, b"[[[]]]"),
        (faults.cut_list("u1", "u2"), OK, b'["u1", "u2", "x'),
        (faults.last(faults.text("[]")), b"\r\nConnection: close\r\n", b"[]"),
    ],
)
def test_a_wrong_answer_is_complete_and_sends_no_mail(groupserver, answer, head, body):
    site = groupserver(members=["u1"])
    site.on_send = answer
    with raw_client.RawClient(site) as client:
        seen, data = client.ask(raw_client.send())
    assert head in seen + b"\r\n"
    assert data.startswith(body)
    assert not site.mailed


def test_the_last_answer_closes_the_connection(groupserver):
    site = groupserver(members=["u1"])
    site.on_send = faults.last(faults.text("[]"))
    with raw_client.RawClient(site) as client:
        client.ask(raw_client.send())
        assert client.rest() == (b"", "FIN")


def test_a_kept_connection_is_closed_when_idle(site, trust):
    site.on_send = faults.closed_when_idle()
    with raw_client.RawClient(site, trust) as client:
        head, body = client.ask(raw_client.send())
        assert client.rest() == (b"", "FIN" if trust is None else "goodbye")
    assert b"close" not in head
    assert body == SENT


def test_an_unrequested_100_precedes_the_answer(site, trust):
    site.on_send = faults.continued()
    with raw_client.RawClient(site, trust) as client:
        client.sock.sendall(raw_client.send("u1", "Connection: close"))
        assert client.rest()[0] == b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + SENT


def test_a_huge_answer_is_chunked(groupserver):
    site = groupserver()
    site.on_members = faults.huge(3 << 20)
    with raw_client.RawClient(site) as client:
        client.sock.sendall(raw_client.members("Connection: close"))
        data, end = client.rest()
    assert b"\r\nTransfer-Encoding: chunked\r\n" in data
    assert data.count(b"10000\r\n" + b" " * 65_536 + b"\r\n") == 48
    assert data.endswith(b"\r\n0\r\n\r\n")
    assert end == "FIN"


def test_an_endless_list_ends_when_the_client_disconnects(groupserver):
    site = groupserver()
    site.on_members = faults.endless_list()
    data = b""
    with raw_client.RawClient(site) as client:
        client.sock.sendall(raw_client.members())
        while len(data) < 1 << 20:
            data += client.sock.recv(1 << 16)
    assert b'\r\n\r\n5\r\n["u0"\r\n' in data
    assert b', "u1", "u2", ' in data
    assert b'"u1000"' in data


def test_an_answer_can_be_slow(groupserver):
    site = groupserver()
    site.on_members = faults.dripping(b'["u1"]', pause=0.02)
    with raw_client.RawClient(site) as client:
        began = time.monotonic()
        _, body = client.ask(raw_client.members())
    assert body == b'["u1"]'
    assert time.monotonic() - began >= 5 * 0.02


def test_an_answer_is_delayed(site, trust):
    site.on_send = faults.delayed(0.1)
    with raw_client.RawClient(site, trust) as client:
        began = time.monotonic()
        assert client.ask(raw_client.send())[1] == SENT
        assert time.monotonic() - began >= 0.1


def test_an_answer_is_held_until_it_is_released(site, trust):
    released = threading.Event()
    site.on_send = faults.held(released)
    with raw_client.RawClient(site, trust) as client:
        client.sock.sendall(raw_client.send())
        site.wait_for_requests(1)
        client.sock.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.sock.recv(1)
        client.sock.settimeout(LIMIT)
        released.set()
        assert client.answer()[1] == SENT


def test_each_fault_has_its_own_name():
    for named in deaths.DEATHS.values():
        assert len({death.name for death in named}) == len(named)


def test_a_fault_does_not_mail_a_member_who_is_skipped(site, trust):
    site.answers["u1"] = -16
    site.on_send = [faults.half(), None]
    with raw_client.RawClient(site, trust) as client:
        client.sock.sendall(raw_client.send())
        assert b'"status": -16' in client.rest()[0]
    assert not site.mailed
