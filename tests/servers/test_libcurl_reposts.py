# SPDX-License-Identifier: MIT
"""libcurl repeats a POST by itself when a kept connection ends, unless its body cannot rewind.

These tests use only libcurl, through pycurl, for every way in which a connection can end: one
call of the send hook is read at most once, and a body that libcurl never read was never sent.
The sender depends on both.
"""

import io
from urllib.parse import urlencode

import pycurl
import pytest

from limits import LIMIT
from servers import deaths, faults, hooks
from servers.moves import Close, Fault, GoAway, Reset, ResetStream, Say

_MODES = {"plain": deaths.HTTP1, "tls": deaths.HTTP1, "http2": deaths.HTTP2}
# Statuses that a client may answer with another request, and one of each other kind.
_STATUSES = (204, 301, 303, 307, 308, 401, 407, 408, 413, 417, 421, 425, 429, 500, 503)
# Ends after which libcurl posts again, if it can.
_TRAPS = {
    "closed after the headers",
    "closed after the body",
    "reset after the body",
    "REFUSED_STREAM, body read",
    "HTTP_1_1_REQUIRED, body read",
    "GOAWAY below this stream, closed",
}
# libcurl repeats on a kept connection, and in few cases on a new one.
_DEATHS = [
    pytest.param(mode, death, reused, id=f"{mode}-{death.name}-{'reused' if reused else 'first'}")
    for mode, named in _MODES.items()
    for death in named
    for reused in ((False, True) if death.name in _TRAPS else (True,))
]
MEMBERS = tuple(f"u{number}" for number in range(1, 9))


def _form(member):
    return urlencode({"profileId": member, "token": "secret", "send": "Send"}).encode()


def _prepared(client, site, member, authority):
    """Set all options except the body; return the file with the body."""
    client.setopt(pycurl.URL, site.url + hooks.SEND)
    client.setopt(pycurl.CAINFO, str(authority.pem))
    client.setopt(pycurl.HTTPHEADER, ["Expect:"])
    client.setopt(pycurl.WRITEFUNCTION, lambda _data: None)
    client.setopt(pycurl.TIMEOUT, LIMIT)
    client.setopt(pycurl.PIPEWAIT, 1)
    if not site.http2:
        client.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    return io.BytesIO(_form(member))


def _by_recipe(client, site, member, authority):
    """Prepare a call whose body cannot be rewound; return the file with the body."""
    body = _prepared(client, site, member, authority)
    client.setopt(pycurl.POST, 1)
    client.setopt(pycurl.POSTFIELDSIZE, len(body.getvalue()))
    client.setopt(pycurl.READFUNCTION, body.read)
    return body


def _by_fields(client, site, member, authority):
    """Prepare a call whose body libcurl buffers and can send again."""
    client.setopt(pycurl.POSTFIELDS, _prepared(client, site, member, authority).getvalue())
    return io.BytesIO()


def _call(client, site, prepare, authority):
    """Return the error of libcurl, 0 for none, and the number of body bytes that it read."""
    client.reset()
    body = prepare(client, site, "u1", authority)
    try:
        client.perform()
    except pycurl.error as error:
        return error.args[0], body.tell()
    return 0, body.tell()


@pytest.fixture
def client():
    curl = pycurl.Curl()
    yield curl
    curl.close()


@pytest.fixture
def start(groupserver, authority):
    def start(mode):
        tls = None if mode == "plain" else authority.good()
        return groupserver(members=MEMBERS, tls=tls, http2=mode == "http2")

    return start


@pytest.mark.parametrize("mode", ["plain", "tls"])
def test_libcurl_posts_a_buffered_body_twice(start, client, authority, mode):
    # Over HTTP/2 not each time: libcurl may detect the closed connection while it writes.
    site = start(mode)
    _call(client, site, _by_fields, authority)
    site.on_send = [faults.closed()]
    error, _ = _call(client, site, _by_fields, authority)
    site.stop()
    assert error == 0
    assert site.mailed["u1"] == 1 + 2


@pytest.mark.parametrize("reused", [False, True], ids=["first", "reused"])
@pytest.mark.parametrize(
    "death",
    [
        Fault("refused", (ResetStream(7),)),
        Fault("HTTP/1.1 required", (ResetStream(13),)),
        Fault("gone away", (GoAway(1),)),
    ],
    ids=lambda death: death.name,
)
def test_libcurl_posts_twice_on_a_new_http2_connection(start, client, authority, death, reused):
    site = start("http2")
    if reused:
        _call(client, site, _by_fields, authority)
    site.on_send = [death]
    error, _ = _call(client, site, _by_fields, authority)
    site.stop()
    assert error == 0
    assert site.mailed["u1"] == reused + 2


@pytest.mark.parametrize(("mode", "death", "reused"), _DEATHS)
def test_libcurl_posts_a_body_without_rewind_once(start, client, authority, mode, death, reused):
    site = start(mode)
    if reused:
        assert _call(client, site, _by_recipe, authority)[0] == 0
    site.on_send = [death]
    error, asked = _call(client, site, _by_recipe, authority)
    # Its threads have ended, so all requests are recorded.
    site.stop()
    arrived = site.requests[reused:]
    assert len(arrived) == 1
    assert len(site.sends) - reused == arrived[0].whole
    assert site.mailed["u1"] - reused == arrived[0].whole
    assert asked == len(_form("u1")) or not arrived[0].whole
    # libcurl takes a FIN in the headers for their end: 200 without a body.
    assert error or (death.name, mode) == ("closed in the headers", "plain")


@pytest.mark.parametrize("status", _STATUSES)
def test_libcurl_posts_once_for_each_status(start, client, authority, status):
    site = start("plain")
    _call(client, site, _by_recipe, authority)
    site.on_send = [faults.last(faults.trouble(status, Retry_After="0", Location="/"))]
    assert _call(client, site, _by_recipe, authority)[0] == 0
    site.stop()
    assert len(site.requests) == 2


@pytest.mark.parametrize("birth", deaths.STILLBIRTHS, ids=lambda birth: birth.name)
@pytest.mark.parametrize("mode", _MODES)
def test_libcurl_does_not_retry_a_failed_connection(start, client, authority, mode, birth):
    site = start(mode)
    site.on_connection = [birth]
    error, asked = _call(client, site, _by_recipe, authority)
    connections = site.connections
    site.stop()
    assert (len(site.requests), connections) == (0, 1)
    # Over TLS nothing was sent; over plain TCP the request was already sent.
    assert bool(asked) == (mode == "plain")
    assert (error == pycurl.E_SSL_CONNECT_ERROR) == (mode != "plain")


@pytest.mark.parametrize("kind", ["wrong_name", "expired", "unknown"])
def test_a_bad_certificate_gets_no_data(groupserver, client, authority, kind):
    site = groupserver(members=MEMBERS, tls=getattr(authority, kind)())
    outcome = _call(client, site, _by_recipe, authority)
    site.stop()
    assert outcome == (pycurl.E_SSL_CACERT, 0)
    assert not site.requests


def _call_together(multi, clients):
    """Run the transfers until they end; return the error of each, 0 for none."""
    errors = {}
    for client in clients:
        multi.add_handle(client)
    while len(errors) < len(clients):
        multi.perform()
        _, done, failed = multi.info_read()
        errors |= dict.fromkeys(done, 0) | {client: error for client, error, _ in failed}
        multi.select(0.1)
    for client in clients:
        multi.remove_handle(client)
    return [errors[client] for client in clients]


_TOGETHER = [
    pytest.param(mode, Fault(name, moves), id=f"{mode}-{name}")
    for mode in _MODES
    for name, moves in (("closed", (Close(),)), ("reset", (Reset(),)))
] + [
    pytest.param("http2", Fault(name, moves), id=f"http2-{name}")
    for name, moves in (
        ("refused", (ResetStream(7),)),
        ("gone away, this one", (GoAway(1),)),
        ("gone away, four of them", (GoAway(4), Close())),
        ("gone away, none of them", (GoAway(-8), Close())),
        ("going away, politely", (GoAway(-8), Say())),
    )
]


@pytest.mark.parametrize("warm", [False, True], ids=["first", "reused"])
@pytest.mark.parametrize(("mode", "death"), _TOGETHER)
def test_simultaneous_calls_are_each_posted_once(start, authority, mode, death, warm):
    site = start(mode)
    multi, clients = pycurl.CurlMulti(), [pycurl.Curl() for _ in MEMBERS]
    if warm:
        for client in clients:
            _by_recipe(client, site, "u0", authority)
        assert _call_together(multi, clients) == [0] * len(clients)
    site.on_send = [None, None, None, death]
    pairs = zip(clients, MEMBERS, strict=True)
    bodies = [_by_recipe(client, site, member, authority) for client, member in pairs]
    errors = _call_together(multi, clients)
    for client in clients:
        client.close()
    multi.close()
    site.stop()
    posted = [one.fields["profileId"] for one in site.sends]
    for member, body, error in zip(MEMBERS, bodies, errors, strict=True):
        assert posted.count(member) == site.mailed[member] <= 1
        assert body.tell() or member not in posted
        assert member in posted or error
