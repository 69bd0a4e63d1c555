# SPDX-License-Identifier: MIT
"""The client calls the two hooks of a real site, and never sends a request twice."""

import socket
import time
from threading import Barrier

import pytest

from gs.profile.status.send import errors
from gs.profile.status.send.client import (
    CertificateAuthorities,
    ClientOptions,
    HttpSite,
    TransferLoop,
)
from gs.profile.status.send.run.model import Claim, MemberId, NoAnswer
from gs.profile.status.send.siteurl import SiteUrl
from gs.profile.status.send.text import Token
from limits import LIMIT, wait_until
from servers import faults
from servers.answers import Answer
from servers.deaths import DEATHS, STILLBIRTHS
from servers.moves import Point
from servers.proxy import Proxy


@pytest.fixture
def client():
    """Return a function that makes a client of a URL; all are closed at the end."""
    made = []

    def make(url, token="secret", timeout=LIMIT, trust=None):
        manner = ClientOptions(
            timeout, "sendprofile/test", trust or CertificateAuthorities.of_system()
        )
        made.append(HttpSite(SiteUrl.parse(url), Token(token), manner, TransferLoop()))
        return made[-1]

    yield make
    for one in made:
        one.close()


def call(site, member="u1"):
    """Return the result of a call of the send hook."""
    site.begin(Claim(MemberId(member)))
    while not (attempts := site.attempts(10)):
        pass
    assert [attempt.claim.member for attempt in attempts] == [member]
    return attempts[0].result


# The state of a connection that this side has closed, as the other side knows (tcp_states.h).
FIN_WAIT2 = 5

PROTOCOLS = [("plain", "HTTP/1.1"), ("TLS", "HTTP/1.1"), ("TLS", "HTTP/2")]
WAYS = [
    pytest.param(layer, protocol, death, id=f"{layer} {protocol}: {death.name}")
    for layer, protocol in PROTOCOLS
    for death in DEATHS[protocol]
]


@pytest.mark.parametrize("reused", [False, True], ids=["first", "reused"])
@pytest.mark.parametrize(("layer", "protocol", "death"), WAYS)
def test_a_request_is_posted_once_however_the_connection_ends(
    groupserver, authority, client, layer, protocol, death, reused
):
    tls = authority.good() if layer == "TLS" else None
    server = groupserver(members=["u1", "u2"], tls=tls, http2=protocol == "HTTP/2")
    site = client(server.url, trust=CertificateAuthorities.of_file(authority.pem))
    if reused:
        assert call(site, "u2").http_status == 200
    server.on_send = death
    end = call(site, "u1")
    posted = [request for request in server.sends if request.fields["profileId"] == "u1"]
    assert len(posted) <= 1
    assert server.mailed["u1"] <= 1
    if isinstance(end, NoAnswer):
        assert end.sent
        assert "rewind" not in end.text  # not a word for operators
    if reused and server.longest_pause < 2:
        assert server.requests[-1].connection == server.requests[0].connection
    assert server.requests[0].version == protocol


@pytest.mark.parametrize("death", STILLBIRTHS, ids=lambda death: death.name)
def test_a_kept_connection_that_has_ended_causes_no_second_post(groupserver, client, death):
    server = groupserver(members=["u1"])
    server.on_connection = death
    end = call(client(server.url))
    assert isinstance(end, NoAnswer)
    assert not server.sends


def test_a_refused_connection_proves_that_nothing_was_sent(client, free_port):
    end = call(client(f"http://127.0.0.1:{free_port}"))
    assert isinstance(end, NoAnswer)
    assert not end.sent


def test_an_unknown_host_proves_that_nothing_was_sent(client):
    end = call(client("http://nosuch.invalid"))
    assert (isinstance(end, NoAnswer), end.sent) == (True, False)


@pytest.mark.parametrize("bad", ["wrong_name", "expired", "unknown"])
def test_a_bad_certificate_proves_that_nothing_was_sent(groupserver, authority, client, bad):
    server = groupserver(members=["u1"], tls=getattr(authority, bad)())
    end = call(client(server.url, trust=CertificateAuthorities.of_file(authority.pem)))
    assert (isinstance(end, NoAnswer), end.sent) == (True, False)
    assert server.requests == []


def test_the_fields_and_headers_are_exactly_those_of_the_protocol(groupserver, client):
    server = groupserver(members=["u1"])
    site = client(server.url)
    list(site.members())
    call(site)
    members, send = server.requests
    assert members.path == "/gs-profile-status-members.html"
    assert members.pairs == [("token", "secret"), ("get", "")]
    assert send.path == "/gs-profile-status-send.html"
    assert send.pairs == [("profileId", "u1"), ("token", "secret"), ("send", "Send")]
    for request in server.requests:
        assert request.method == "POST"
        assert request.target == request.path
        assert request.header("Content-Type") == "application/x-www-form-urlencoded"
        assert request.header("Content-Length") == str(len(request.body))
        assert request.header("User-Agent") == "sendprofile/test"
        assert request.header("Expect") is None
        assert request.header("Transfer-Encoding") is None


@pytest.mark.parametrize("token", ["100%", "a&b=c+d e", "grüße", "日本"])
def test_a_token_arrives_as_it_is(groupserver, client, token):
    server = groupserver(token=token, members=["u1"])
    call(client(server.url, token=token))
    assert server.sends[0].fields["token"] == token


def test_one_connection_is_kept_for_all(groupserver, client):
    server = groupserver(members=[f"u{n}" for n in range(50)])
    site = client(server.url)
    for member in list(site.members()):
        call(site, member)
    assert len(server.sends) == 50
    assert server.connections == 1 or server.longest_pause > 2
    assert set(server.mailed.values()) == {1}


def test_http_2_is_used_if_the_site_supports_it(groupserver, authority, client):
    server = groupserver(members=["u1"], tls=authority.good(), http2=True)
    site = client(server.url, trust=CertificateAuthorities.of_file(authority.pem))
    assert list(site.members()) == ["u1"]
    assert call(site).http_status == 200
    assert {request.version for request in server.requests} == {"HTTP/2"}


def call_all(site, members):
    """Begin all calls at once, and return how many were answered."""
    for member in members:
        site.begin(Claim(MemberId(member)))
    answered = 0
    while answered < len(members):
        ended = site.attempts(10)
        assert not [attempt.result for attempt in ended if isinstance(attempt.result, NoAnswer)]
        answered += len(ended)
    return answered


@pytest.mark.parametrize(("seconds", "connections"), [(0, 1), (4.2, 2)], ids=["at once", "later"])
def test_calls_in_flight_share_one_connection_of_http_2(
    groupserver, authority, client, seconds, connections
):
    members = [f"u{number}" for number in range(64)]
    server = groupserver(members=members, tls=authority.good(), http2=True)
    site = client(server.url, trust=CertificateAuthorities.of_file(authority.pem))
    assert set(site.members()) == set(members)
    time.sleep(seconds)  # as long as it takes to store a long list
    assert call_all(site, members) == 64
    assert server.connections == connections or (server.longest_pause > 2 and not seconds)
    assert set(server.mailed.values()) == {1}


def wait_until_closed(server):
    """Wait until *server* has closed its connections, and this side has been told."""

    def states():
        wires = list(server._listener._open.values())
        tcp = [socket.IPPROTO_TCP, socket.TCP_INFO, 1]
        return {wire.sock.getsockopt(*tcp)[0] for wire in wires}

    wait_until(lambda: states() == {FIN_WAIT2})


@pytest.mark.parametrize("layer", ["plain", "TLS"])
def test_without_http_2_no_call_waits_for_another(groupserver, authority, client, layer):
    members = [f"u{number}" for number in range(16)]
    server = groupserver(members=members, tls=authority.good() if layer == "TLS" else None)
    everybody = Barrier(16)

    def answer_with_the_others(_):
        everybody.wait(LIMIT)

    server.on_members = faults.closed_when_idle()
    server.on_send = answer_with_the_others
    site = client(
        server.url, trust=CertificateAuthorities.of_file(authority.pem), timeout=2 * LIMIT
    )
    assert set(site.members()) == set(members)
    wait_until_closed(server)
    time.sleep(1.2)  # libcurl looks for dead connections once a second
    assert call_all(site, members) == 16


def test_without_http_2_calls_in_flight_keep_their_connections(groupserver, client):
    members = [f"u{number}" for number in range(640)]
    server = groupserver(members=members)
    site = client(server.url)
    for first in range(0, 640, 64):
        call_all(site, members[first : first + 64])
    assert len(server.sends) == 640
    assert server.connections <= 64


def test_an_attempt_has_its_duration(groupserver, client):
    server = groupserver(members=["u1"])
    server.on_send = faults.delayed(0.3)
    site, began = client(server.url), time.monotonic()
    site.begin(Claim(MemberId("u1")))
    while not (attempts := site.attempts(10)):
        pass
    assert 0.3 <= attempts[0].seconds <= time.monotonic() - began


def test_a_connection_that_was_idle_for_long_is_not_used_again(groupserver, client):
    server = groupserver(members=["u1"])
    site = client(server.url)
    call(site)
    time.sleep(4.2)
    call(site)
    assert server.connections == 2


def test_a_connection_that_the_site_closed_while_idle_is_replaced(groupserver, client):
    server = groupserver(members=["u1", "u2"])
    server.on_send = [faults.closed_when_idle(), None]
    site = client(server.url)
    assert call(site, "u1").http_status == 200
    wait_until_closed(server)
    time.sleep(1.2)  # libcurl looks for dead connections once a second
    assert call(site, "u2").http_status == 200
    assert (server.mailed["u1"], server.mailed["u2"]) == (1, 1)


def test_the_time_out_limits_the_wait_for_an_answer(groupserver, client):
    server = groupserver(members=["u1"])
    server.on_send = faults.never()
    end = call(client(server.url, timeout=2))
    assert end == NoAnswer("no answer within 2 s", sent=True)


def test_an_answer_without_end_is_abandoned(groupserver, client):
    server = groupserver(members=["u1"])
    server.on_send = faults.huge(1 << 24)
    end = call(client(server.url))
    assert (isinstance(end, NoAnswer), end.sent) == (True, True)


def test_the_answer_is_returned_unchanged(groupserver, client):
    server = groupserver(members=["u1"], names={"u1": "Zoë"}, escaped=False)
    end = call(client(server.url))
    assert end.http_status == 200
    assert "Zoë (u1)".encode() in end.body


def test_a_page_instead_of_an_answer_is_returned_with_its_status(groupserver, client):
    server = groupserver(members=["u1"])
    server.on_send = faults.trouble(503)
    assert call(client(server.url)).http_status == 503


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_send_hook_is_never_redirected(groupserver, client, status):
    server = groupserver(members=["u1"])
    server.on_send = faults.redirect(status, f"{server.url}/gs-profile-status-send.html")
    assert call(client(server.url)).http_status == status
    assert len(server.sends) == 1


def test_the_path_of_the_url_is_honoured(groupserver, client):
    server = groupserver(members=["u1"], prefix="/groups/site")
    site = client(server.url + "/")
    assert list(site.members()) == ["u1"]
    assert call(site).http_status == 200


def test_ipv6_works(groupserver, client):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    server = groupserver(members=["u1"], host="::1")
    site = client(server.url)
    assert list(site.members()) == ["u1"]
    assert call(site).http_status == 200


# The list of members.


def test_the_list_is_read_while_it_arrives(groupserver, client):
    server = groupserver()
    server.on_members = faults.endless_list()
    members = client(server.url).members()
    assert [next(members) for _ in range(5000)] == [f"u{n}" for n in range(5000)]
    members.close()


def test_a_slow_list_may_take_longer_than_the_time_out(groupserver, client):
    server = groupserver()
    server.on_members = faults.dripping(b'["u1", "u2", "u3", "u4"]', pause=0.15)
    assert list(client(server.url, timeout=3).members()) == ["u1", "u2", "u3", "u4"]


@pytest.mark.parametrize(
    ("body", "members"),
    [
        (b"[]", []),
        (b' \r\n[ "u1" , "u2" ]\n', ["u1", "u2"]),
        (b'["\\u00eb", "a b", "", "100%"]', ["ë", "a b", "", "100%"]),
    ],
)
def test_any_json_string_is_a_member(groupserver, client, body, members):
    server = groupserver()
    server.on_members = faults.text(body)
    assert list(client(server.url).members()) == members


REDIRECTED = "/gs-profile-status-members.html"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_same_host_is_followed(groupserver, client, status):
    new = groupserver(members=["u1"], prefix="/new")
    new.on_members = [faults.redirect(status, "/new" + REDIRECTED), None]
    site = client(new.url)
    assert list(site.members()) == ["u1"]
    assert call(site).http_status == 200
    assert [request.method for request in new.requests] == ["POST"] * 3


def test_a_redirect_from_http_to_https_of_the_same_host_is_followed(
    groupserver, authority, client
):
    safe = groupserver(members=["u1"], tls=authority.good())
    plain = groupserver()
    plain.on_members = faults.redirect(301, safe.url + REDIRECTED)
    site = client(plain.url, trust=CertificateAuthorities.of_file(authority.pem))
    assert list(site.members()) == ["u1"]
    assert call(site).http_status == 200
    assert (len(plain.requests), len(safe.sends)) == (1, 1)


@pytest.mark.parametrize(
    "location",
    [
        "http://localhost:{port}" + REDIRECTED,
        "http://127.0.0.1:{port}" + REDIRECTED,
        "//localhost:{port}" + REDIRECTED,
        "http://127.0.0.1:{own}/login?token=x",
        "ftp://127.0.0.1" + REDIRECTED,
    ],
)
def test_the_token_is_not_sent_to_another_site(groupserver, client, location):
    other = groupserver(members=["u1"])
    server = groupserver()
    server.on_members = faults.redirect(302, location.format(port=other.port, own=server.port))
    with pytest.raises(errors.ProtocolError, match="redirects to"):
        list(client(server.url).members())
    assert (other.requests, len(server.requests)) == ([], 1)


def test_a_redirect_from_https_to_http_is_not_followed(groupserver, authority, client):
    plain = groupserver(members=["u1"])
    safe = groupserver(tls=authority.good())
    safe.on_members = faults.redirect(301, plain.url + REDIRECTED)
    with pytest.raises(errors.ProtocolError):
        list(client(safe.url, trust=CertificateAuthorities.of_file(authority.pem)).members())
    assert plain.requests == []


def test_circular_redirects_end(groupserver, client):
    server = groupserver()
    server.on_members = faults.redirect(302, REDIRECTED)
    with pytest.raises(errors.ProtocolError, match="more than 5 times"):
        list(client(server.url).members())
    assert len(server.requests) == 6


# Proxies, as curl honours them.


@pytest.fixture
def proxy(tmp_path):
    with Proxy(tmp_path) as running:
        yield running


def test_a_proxy_is_used_for_http(groupserver, client, proxy, monkeypatch):
    server = groupserver(members=["u1"])
    monkeypatch.setenv("http_proxy", proxy.url)
    site = client(server.url)
    assert list(site.members()) == ["u1"]
    assert call(site).http_status == 200
    assert len(proxy.passed) == 2
    assert server.mailed == {"u1": 1}


def test_a_proxy_is_used_for_https_and_cannot_read_it(
    groupserver, authority, client, proxy, monkeypatch
):
    server = groupserver(members=["u1"], tls=authority.good())
    monkeypatch.setenv("https_proxy", proxy.url)
    site = client(server.url, trust=CertificateAuthorities.of_file(authority.pem))
    assert list(site.members()) == ["u1"]
    assert call(site).http_status == 200
    assert len(proxy.passed) == 1
    assert proxy.passed[0].startswith("CONNECT")


def test_no_proxy_is_honoured(groupserver, client, monkeypatch):
    server = groupserver(members=["u1"])
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert list(client(server.url).members()) == ["u1"]


def test_a_proxy_that_refuses_proves_that_nothing_was_sent(
    groupserver, authority, client, tmp_path, monkeypatch
):
    server = groupserver(members=["u1"], tls=authority.good())
    with Proxy(tmp_path, refuses=True) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        end = call(client(server.url, trust=CertificateAuthorities.of_file(authority.pem)))
    assert (isinstance(end, NoAnswer), end.sent) == (True, False)
    assert server.requests == []


# Authorities.


def test_the_environment_can_name_the_authorities(groupserver, authority, client, monkeypatch):
    server = groupserver(members=["u1"], tls=authority.good())
    with pytest.raises(errors.UnreachableError, match="--cacert"):
        list(client(server.url).members())
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.pem))
    assert list(client(server.url).members()) == ["u1"]


def test_a_request_whose_headers_were_read_may_have_been_sent(groupserver, client):
    server = groupserver(members=["u1"])
    server.on_send = faults.closed(Point.HEADERS)
    end = call(client(server.url))
    assert (isinstance(end, NoAnswer), end.sent) == (True, True)


def test_the_last_answer_of_a_connection_is_not_lost(groupserver, client):
    server = groupserver(members=["u1", "u2"])
    server.on_send = faults.last(Answer.json({"status": 0, "message": "Sent"}))
    site = client(server.url)
    assert [call(site, m).http_status for m in ("u1", "u2")] == [200, 200]
    assert server.connections == 2
