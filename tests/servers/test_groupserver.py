# SPDX-License-Identifier: MIT
"""The answers, records and mails of the test site, seen by http.client and sockets."""

import http.client
import json
import threading
from urllib.parse import urlencode

import pytest

from limits import LIMIT
from servers import faults, hooks, raw_client

FORM = "application/x-www-form-urlencoded"
PEOPLE = ("u1", "u2", "u3", "u4", "u5", "u6")


def _call(site, hook, fields, method="POST", content_type=FORM):
    """Return the status, headers and body of one call."""
    body = fields if isinstance(fields, bytes) else urlencode(fields)
    connection = http.client.HTTPConnection(site.host, site.port, timeout=LIMIT)
    try:
        connection.request(method, site.prefix + hook, body, {"Content-Type": content_type})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def _send(site, member="u1", token="secret", **more):
    fields = {"profileId": member, "token": token, "send": "Send", **more}
    return json.loads(_call(site, hooks.SEND, fields)[2])


@pytest.fixture
def site(groupserver):
    return groupserver(members=PEOPLE, names={"u1": "Zoë Smith"})


def test_the_members_are_a_list_in_an_order_that_differs_from_call_to_call(site):
    answers = [_call(site, hooks.MEMBERS, {"token": "secret", "get": ""}) for _ in range(20)]
    assert {status for status, _, _ in answers} == {200}
    assert {headers["Content-Type"] for _, headers, _ in answers} == {"application/json"}
    assert all(sorted(json.loads(body)) == sorted(PEOPLE) for _, _, body in answers)
    assert len({body for _, _, body in answers}) > 1


def test_a_member_is_mailed_and_the_site_says_so(site):
    message = "Sent the monthly profile-status notification to Zoë Smith (u1)"
    assert _send(site) == {"status": 0, "message": message}
    assert site.mailed == {"u1": 1}


def test_the_same_member_twice_gets_two_mails(site):
    _send(site)
    _send(site)
    assert site.mailed == {"u1": 2}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (-4, "Skipping … for Jane Smith (u2): not in any groups"),
        (-8, "Skipping … for Jane Smith (u2): no verified email addresses"),
        (-16, "Skipping … for Jane Smith (u2): no activity in any groups this month"),
        (-32, "Skipping … for Jane Smith (u2): explicitly opted out"),
        (-1024, "Something else happened to Jane Smith (u2)"),
        (7, "Something else happened to Jane Smith (u2)"),
    ],
)
def test_a_member_with_another_status_gets_nothing(site, status, words):
    site.answers["u2"] = status
    words = words.replace("…", "the monthly profile-status notification")
    assert _send(site, "u2") == {"status": status, "message": words}
    assert not site.mailed


def test_an_unknown_member_is_not_found(site):
    message = "Cannot find the user object for the user ID (nobody)"
    assert _send(site, "nobody") == {"status": -2, "message": message}
    assert not site.mailed


@pytest.mark.parametrize(("escaped", "name"), [(True, rb"Zo\u00eb"), (False, "Zoë".encode())])
def test_a_name_is_escaped_or_raw(groupserver, escaped, name):
    site = groupserver(members=PEOPLE, names={"u1": "Zoë"}, escaped=escaped)
    fields = {"profileId": "u1", "token": "secret", "send": "Send"}
    body = _call(site, hooks.SEND, fields)[2]
    start = b'{"status": 0, "message": "Sent the monthly profile-status notification to '
    assert body == start + name + b' (u1)"}'


def test_a_multipart_form_is_accepted(site):
    parts = (("profileId", "u1"), ("token", "secret"), ("send", "Send"))
    body = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts
    )
    kind = "multipart/form-data; boundary=x"
    answer = _call(site, hooks.SEND, f"{body}--x--\r\n".encode(), content_type=kind)
    assert json.loads(answer[2])["status"] == 0
    assert site.requests[0].pairs == list(parts)


def test_another_content_type_has_no_fields(site):
    body = raw_client.send().partition(b"\r\n\r\n")[2]
    answer = _call(site, hooks.SEND, body, content_type="text/plain")
    assert "actions" in json.loads(answer[2])
    assert not site.mailed


@pytest.mark.parametrize("status", [-1, 100])
@pytest.mark.parametrize("hook", [hooks.MEMBERS, hooks.SEND])
def test_a_wrong_token_is_refused_and_echoed(groupserver, hook, status):
    site = groupserver(members=PEOPLE, refused=status)
    fields = {"profileId": "u1", "token": "wrong", "send": "Send", "get": ""}
    code, _, body = _call(site, hook, fields)
    first = 'Token: The authentication token "wrong" does not match the one in the database.'
    errors = [first, "Token: Required input is missing."]
    assert (code, json.loads(body)) == (200, {"status": status, "message": errors})
    assert not site.mailed


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"profileId": "u1", "send": "Send"}, "Token: Required input is missing."),
        (
            {"profileId": "u1", "send": "Send", "Token": "secret"},
            "Token: Required input is missing.",
        ),
        ({"token": "secret", "send": "Send"}, "Profile identifier: Required input is missing."),
        (
            {"profileId": "", "token": "secret", "send": "Send"},
            "Profile identifier: Required input is missing.",
        ),
    ],
)
def test_a_missing_field_is_refused(site, fields, complaint):
    assert json.loads(_call(site, hooks.SEND, fields)[2]) == {"status": -1, "message": [complaint]}
    assert not site.mailed


@pytest.mark.parametrize("hook", [hooks.MEMBERS, hooks.SEND])
def test_without_its_action_a_hook_describes_itself(site, hook):
    answer = json.loads(_call(site, hook, {"token": "secret", "profileId": "u1"})[2])
    assert set(answer) == {"message", "actions", "arguments"}
    assert isinstance(answer["message"], list)
    assert not site.mailed


def test_unknown_fields_are_ignored(site):
    assert _send(site, period="2026-10", other="")["status"] == 0


def test_a_get_works_with_the_token_in_the_query(site):
    fields = urlencode({"profileId": "u1", "token": "secret", "send": "Send"})
    body = _call(site, f"{hooks.SEND}?{fields}", b"", method="GET")[2]
    assert json.loads(body)["status"] == 0
    assert "secret" in site.requests[0].target
    assert site.requests[0].path == hooks.SEND


@pytest.mark.parametrize("method", ["HEAD", "PUT", "OPTIONS"])
def test_another_method_gets_500(site, method):
    status, headers, _ = _call(site, hooks.SEND, {}, method=method)
    assert (status, headers["Content-Type"]) == (500, "text/html;charset=utf-8")


def test_a_chunked_form_is_refused(site):
    request = raw_client.send().replace(b"Content-Length: 35", b"Transfer-Encoding: chunked")
    assert b"chunked" in request
    with raw_client.RawClient(site) as client:
        client.sock.sendall(request)
        data, end = client.rest()
    assert data.startswith(b"HTTP/1.1 400 ")
    assert end == "FIN"
    assert not site.mailed


@pytest.mark.parametrize(("member", "token"), [("ü", "secret"), ("u1", "ü"), ("title", "secret")])
def test_some_ids_cause_an_error_of_the_site(site, member, token):
    fields = {"profileId": member, "token": token, "send": "Send"}
    status, headers, body = _call(site, hooks.SEND, fields)
    assert (status, headers["Content-Type"]) == (500, "text/html;charset=utf-8")
    assert body.startswith(b"<!DOCTYPE html>")
    assert not site.mailed


def test_the_hooks_are_below_the_root_of_the_site(groupserver):
    site = groupserver(members=PEOPLE, prefix="/sites/one")
    assert site.url == f"http://127.0.0.1:{site.port}/sites/one"
    assert _send(site)["status"] == 0
    site.prefix = ""
    assert _call(site, "/sites/one" + hooks.SEND, {})[0] == 404


def test_invalid_http_gets_400(site):
    with raw_client.RawClient(site) as client:
        client.sock.sendall(b"\x16\x03\x01\x02\x00\x01")
        data, end = client.rest()
    assert (data[:13], end) == (b"HTTP/1.1 400 ", "FIN")


def test_a_client_that_expects_100_gets_it(site):
    request = raw_client.send("u1", "Expect: 100-continue")
    head, _, body = request.partition(b"\r\n\r\n")
    with raw_client.RawClient(site) as client:
        client.sock.sendall(head + b"\r\n\r\n")
        expected = b"HTTP/1.1 100 Continue\r\n\r\n"
        assert client.sock.recv(len(expected)) == expected
        assert client.ask(body)[0].startswith(b"HTTP/1.1 200 OK")


def test_each_request_is_recorded_with_its_connection(site):
    with raw_client.RawClient(site) as one, raw_client.RawClient(site) as two:
        for client, member in ((one, "u1"), (two, "u2"), (one, "u3")):
            client.ask(raw_client.send(member, "X-Seen: yes"))
    seen = [(one.connection, one.number, one.fields["profileId"]) for one in site.requests]
    assert seen == [(1, 1, "u1"), (2, 1, "u2"), (1, 2, "u3")]
    first, *_ = site.requests
    assert (first.method, first.target, first.version) == ("POST", hooks.SEND, "HTTP/1.1")
    assert first.header("x-seen") == "yes"
    assert first.body == b"profileId=u1&token=secret&send=Send"
    assert first.whole
    assert [one.time for one in site.requests] == sorted(one.time for one in site.requests)
    assert site.connections == 2
    assert site.sends == site.requests


def test_many_requests_are_answered_at_once(site):
    together = threading.Barrier(6, timeout=LIMIT)

    def meet(_asked):
        together.wait()

    site.on_send = meet
    threads = [threading.Thread(target=_send, args=(site, member)) for member in PEOPLE]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert site.mailed == dict.fromkeys(PEOPLE, 1)


def test_a_member_is_mailed_after_the_client_disconnects(site):
    released = threading.Event()
    site.on_send = faults.held(released)
    with raw_client.RawClient(site) as client:
        client.sock.sendall(raw_client.send())
        site.wait_for_requests(1)
    released.set()
    assert site.mailed == {"u1": 1}


def test_an_incomplete_form_is_recorded_and_sends_no_mail(site):
    with raw_client.RawClient(site) as client:
        client.sock.sendall(raw_client.send()[:-1])
    site.wait_for_requests(1)
    assert [one.whole for one in site.requests] == [False]
    assert not site.sends
    assert not site.mailed


def test_waiting_for_requests_times_out(site):
    with pytest.raises(TimeoutError, match="0 requests, not 1"):
        site.wait_for_requests(1, timeout=0.01)


def test_a_restarted_site_has_the_same_port_and_counts(site):
    with raw_client.RawClient(site) as client:
        client.ask(raw_client.send())
        port = site.port
        site.stop()
        assert client.rest() == (b"", "FIN")
    with pytest.raises(ConnectionRefusedError):
        raw_client.RawClient(site)
    site.start()
    assert site.port == port
    assert _send(site)["status"] == 0
    assert site.mailed == {"u1": 2}


def test_a_site_with_a_held_call_can_stop(site):
    site.on_send = faults.never()
    with raw_client.RawClient(site) as client:
        client.sock.sendall(raw_client.send())
        site.wait_for_requests(1)
        site.stop()
        assert client.rest() == (b"", "FIN")


def test_connections_can_be_cut_while_the_site_runs(site):
    with raw_client.RawClient(site) as client:
        client.ask(raw_client.send())
        site.cut()
        assert client.rest() == (b"", "FIN")
    assert _send(site)["status"] == 0


def test_a_site_listens_on_ipv6(groupserver):
    site = groupserver(members=PEOPLE, host="::1")
    assert site.url == f"http://[::1]:{site.port}"
    assert _send(site)["status"] == 0


def test_a_script_is_followed_and_then_the_default_applies(site):
    site.on_send = [-16, None, faults.trouble(503)]
    site.answers["u2"] = -32
    fields = {"profileId": "u2", "token": "secret", "send": "Send"}
    answers = [_call(site, hooks.SEND, fields) for _ in range(4)]
    assert [status for status, _, _ in answers] == [200, 200, 503, 200]
    told = [json.loads(answers[number][2])["status"] for number in (0, 1, 3)]
    assert told == [-16, -32, -32]


def test_one_behaviour_applies_to_all_calls_until_it_is_reset(site):
    site.on_members = faults.trouble(502)
    form = {"token": "secret", "get": ""}
    assert [_call(site, hooks.MEMBERS, form)[0] for _ in range(3)] == [502] * 3
    assert _send(site)["status"] == 0
    site.on_members = None
    assert _call(site, hooks.MEMBERS, form)[0] == 200
