# SPDX-License-Identifier: MIT
"""The answers of a site with HTTP/2, and how its streams and connections end."""

import io
import json
import threading

import pycurl
import pytest

from servers import deaths, faults, hooks, raw_client
from servers.http2_client import Http2Client

SENT = (
    '{"status": 0, "message": "Sent the monthly profile-status notification to Jane Smith (u1)"}'
)
HALF = SENT[: len(SENT) // 2]

#: The events on stream n (m is the previous one) to its end, and whether the member was mailed.
WIRE = {
    "closed after the headers": (["FIN"], False),
    "reset after the headers": (["RST"], False),
    "closed after the body": (["FIN"], True),
    "closed politely after the body": (["goodbye"], True),
    "reset after the body": (["RST"], True),
    "closed after the headers of the answer": (["200", "FIN"], True),
    "closed politely after the headers of the answer": (["200", "goodbye"], True),
    "reset after the headers of the answer": (["200", "RST"], True),
    "closed in the body of the answer": (["200", HALF, "FIN"], True),
    "reset in the body of the answer": (["200", HALF, "RST"], True),
    "garbage for an answer": (["FIN"], True),
    "REFUSED_STREAM, body read": (["reset of <n>: 7"], True),
    "REFUSED_STREAM, headers read": (["reset of <n>: 7"], False),
    "INTERNAL_ERROR, body read": (["reset of <n>: 2"], True),
    "INTERNAL_ERROR, headers read": (["reset of <n>: 2"], False),
    "CANCEL, body read": (["reset of <n>: 8"], True),
    "NO_ERROR, body read": (["reset of <n>: 0"], True),
    "HTTP_1_1_REQUIRED, body read": (["reset of <n>: 13"], True),
    "CANCEL in the body of the answer": (["200", HALF, "reset of <n>: 8"], True),
    "GOAWAY below this stream, closed": (["go away after <m>: 0", "FIN"], True),
    "GOAWAY below this stream, kept": (["go away after <m>: 0"], True),
    "GOAWAY below this stream, early": (["go away after <m>: 0", "FIN"], False),
    "GOAWAY with this stream, closed": (["go away after <n>: 0", "FIN"], True),
    "GOAWAY with this stream, reset": (["go away after <n>: 0", "RST"], True),
    "GOAWAY with an error, closed": (["go away after <n>: 2", "FIN"], True),
}


@pytest.fixture
def site(groupserver, authority):
    return groupserver(members=["u1", "u2", "u3"], tls=authority.good(), http2=True)


@pytest.mark.parametrize("reused", [False, True], ids=["first", "reused"])
@pytest.mark.parametrize("death", deaths.HTTP2, ids=lambda death: death.name)
def test_a_stream_ends_as_configured(site, authority, death, reused):
    words, mailed = WIRE[death.name]
    with Http2Client(site, authority) as client:
        if reused:
            client.send()
            client.until("end of")
        site.on_send = [death]
        stream = client.send()
        named = [_numbered(word, stream) for word in words]
        seen = client.until(named[-1])
    if "garbage" in death.name:
        assert client.received.endswith(faults.GARBAGE)
    # A RST discards unread data.
    assert [word for word in named if word in seen] == seen
    assert seen == named or named[-1] == "RST"
    assert site.mailed["u1"] == mailed + reused
    assert [one.whole for one in site.requests[reused:]] == [mailed]


def _numbered(word, stream):
    return word.replace("<n>", str(stream)).replace("<m>", str(max(stream - 2, 0)))


def test_the_answers_are_those_of_http1(site, authority):
    site.answers["u2"] = -16
    with Http2Client(site, authority) as client:
        client.send("u1")
        assert client.until("end of") == ["200", SENT, "end of 1"]
        client.send("u2")
        assert json.loads(client.until("end of")[1])["status"] == -16
    assert [(one.connection, one.number) for one in site.requests] == [(1, 1), (1, 2)]
    assert {one.version for one in site.requests} == {"HTTP/2"}
    assert site.mailed == {"u1": 1}


def test_a_client_of_http1_is_served_in_http1(site, authority):
    with raw_client.RawClient(site, authority) as client:
        assert client.ask(raw_client.send())[1].decode() == SENT


def test_streams_are_answered_at_once_and_out_of_order(site, authority):
    released = threading.Event()
    site.answers["u1"] = faults.held(released)
    site.answers["u2"] = faults.delayed(0.02)
    with Http2Client(site, authority) as client:
        first, second, third = (client.send(member) for member in ("u1", "u2", "u3"))
        client.until(f"end of {third}", f"end of {second}")
        released.set()
        assert client.until(f"end of {first}") == ["200", SENT, f"end of {first}"]


def test_a_cancelled_stream_is_not_answered(site, authority):
    released = threading.Event()
    site.answers["u1"] = faults.held(released)
    with Http2Client(site, authority) as client:
        first = client.send("u1")
        site.wait_for_requests(1)
        client.cancel(first)
        released.set()
        second = client.send("u2")
        assert f"end of {first}" not in client.until(f"end of {second}")
    assert site.mailed == {"u1": 1, "u2": 1}


def test_a_site_with_a_held_stream_can_stop(site, authority):
    site.on_send = faults.never()
    with Http2Client(site, authority) as client:
        client.send()
        site.wait_for_requests(1)
        site.stop()
        # Unread data is answered with a RST.
        assert client.end() in {"FIN", "RST"}


def test_an_answer_larger_than_the_window_is_complete(site, authority):
    site.on_members = faults.huge(1 << 20)
    answer, client = io.BytesIO(), pycurl.Curl()
    client.setopt(pycurl.URL, site.url + hooks.MEMBERS)
    client.setopt(pycurl.CAINFO, str(authority.pem))
    client.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
    client.setopt(pycurl.POSTFIELDS, "token=secret&get=")
    client.setopt(pycurl.WRITEDATA, answer)
    client.perform()
    client.close()
    assert len(answer.getvalue()) == 1 << 20
    assert site.requests[0].version == "HTTP/2"
