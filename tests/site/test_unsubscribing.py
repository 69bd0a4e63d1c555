# SPDX-License-Identifier: MIT
from concurrent.futures import ThreadPoolExecutor

import pytest

from embedded.pages import (
    NOW,
    ONE_CLICK,
    URLENCODED,
    events,
    heading,
    skips,
    stop_path,
)
from gs.profile.status.site.links import STOP_PATH
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.members import list_members


def multipart(fields, boundary="=_b"):
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    header = {"Content-Type": f'multipart/form-data; boundary="{boundary}"'}
    return f"{parts}--{boundary}--\r\n".encode(), header


# RFC 8058, point by point


def test_one_click_stops_the_summary_at_once(pages, town):
    answer = pages.ask("POST", stop_path("ann"), b"List-Unsubscribe=One-Click", URLENCODED)
    assert answer.status == 200
    assert heading(answer) == "The monthly summary is off"
    assert skips(town) == {"ann"}


def test_one_click_may_be_multipart(pages, town):
    answer = pages.ask("POST", stop_path("ann"), *multipart(ONE_CLICK))
    assert answer.status == 200
    assert skips(town) == {"ann"}


def test_one_click_may_come_in_chunks(pages, town):
    body = iter([b"List-Unsub", b"scribe=One-Click"])
    assert pages.ask("POST", stop_path("ann"), body, URLENCODED).status == 200
    assert skips(town) == {"ann"}


def test_the_members_list_honours_it_at_once(pages, town):
    def listed():
        with town.engine.connect() as connection:
            return list_members(connection, after="", limit=10)

    assert listed() == ["ann", "bob"]
    pages.post(stop_path("ann"), ONE_CLICK)
    assert listed() == ["bob"]
    pages.post(stop_path("ann"), {"summary": "on"})
    assert listed() == ["ann", "bob"]


def test_nothing_but_the_link_says_who_it_is(pages, town):
    # Neither a log-in nor where the request came from counts, and none is set.
    for headers in (
        {},
        {"Origin": "https://mail.example", "Referer": "https://mail.example/"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Cookie": "session=of-somebody-else", "Authorization": "Basic Ym9iOmJvYg=="},
    ):
        body = b"List-Unsubscribe=One-Click"
        answer = pages.ask("POST", stop_path("ann"), body, URLENCODED | headers)
        assert answer.status == 200
        assert "Set-Cookie" not in answer.headers
        assert skips(town) == {"ann"}
        pages.post(stop_path("ann"), {"summary": "on"})
        assert skips(town) == set()


def test_no_answer_is_a_redirect(pages):
    path = stop_path("ann")
    for wanted in (path, f"{path}/", f"{path}?a=b", f"/{path}", STOP_PATH):
        for method in ("GET", "HEAD"):
            answer = pages.ask(method, wanted)
            assert answer.status in {200, 404}, wanted
            assert "Location" not in answer.headers
        for fields in (ONE_CLICK, {"summary": "on"}, {}):
            answer = pages.post(wanted, fields)
            assert answer.status in {200, 400, 404}, wanted
            assert "Location" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("query", ["", "?List-Unsubscribe=One-Click", "?summary=off"])
def test_a_get_never_acts(pages, town, method, query):
    answer = pages.ask(method, stop_path("ann") + query)
    assert answer.status == 200
    assert (skips(town), events(town)) == (set(), [])
    pages.post(stop_path("ann"), ONE_CLICK)
    assert pages.ask(method, f"{stop_path('ann')}?summary=on").status == 200
    assert skips(town) == {"ann"}


def test_a_get_with_a_body_does_not_act_either(pages, town):
    answer = pages.ask("GET", stop_path("ann"), b"List-Unsubscribe=One-Click", URLENCODED)
    assert answer.status == 200
    assert skips(town) == set()


def test_a_head_has_the_header_of_a_get(pages):
    get, head = (pages.ask(method, stop_path("ann")) for method in ("GET", "HEAD"))
    assert head.body == b""
    assert set(get.headers.items()) - {("date", get.headers["date"])} == (
        set(head.headers.items()) - {("date", head.headers["date"])}
    )


def test_stopping_twice_is_as_good_as_once(pages, town):
    for _ in range(3):
        assert pages.post(stop_path("ann"), ONE_CLICK).status == 200
    assert skips(town) == {"ann"}
    assert events(town) == [("1", "ann", "one-click")]


def test_many_clicks_at_the_same_time_are_one(pages, town):
    with ThreadPoolExecutor(8) as threads:
        clicks = [threads.submit(pages.post, stop_path("ann"), ONE_CLICK) for _ in range(16)]
    assert {click.result().status for click in clicks} == {200}
    assert events(town) == [("1", "ann", "one-click")]


# The button


def test_the_page_says_whether_the_summary_is_on_and_has_one_button(pages):
    answer = pages.ask("GET", stop_path("ann"))
    assert heading(answer) == "The monthly summary is on"
    assert answer.body.count(b"<button") == 1
    assert b"Stop the monthly summary</button>" in answer.body
    pages.post(stop_path("ann"), ONE_CLICK)
    answer = pages.ask("GET", stop_path("ann"))
    assert heading(answer) == "The monthly summary is off"
    assert answer.body.count(b"<button") == 1
    assert b"Turn it on again</button>" in answer.body


def test_the_button_turns_it_off_and_on_again(pages, town):
    answer = pages.post(stop_path("ann"), {"summary": "off"})
    assert (answer.status, heading(answer)) == (200, "The monthly summary is off")
    assert skips(town) == {"ann"}
    answer = pages.post(stop_path("ann"), {"summary": "on"})
    assert (answer.status, heading(answer)) == (200, "The monthly summary is on")
    assert skips(town) == set()
    assert events(town) == [("1", "ann", "page"), ("2", "ann", "page")]


def test_what_was_so_before_is_no_event(pages, town):
    assert pages.post(stop_path("ann"), {"summary": "on"}).status == 200
    assert events(town) == []


def test_only_what_was_just_done_is_said_to_be_done(pages):
    assert b'role="status"' not in pages.ask("GET", stop_path("ann")).body
    assert b'role="status"' in pages.post(stop_path("ann"), {"summary": "off"}).body
    assert b'role="status"' not in pages.ask("GET", stop_path("ann")).body


def test_the_trail_has_a_subsystem_of_its_own(pages, town):
    pages.post(stop_path("ann"), ONE_CLICK)
    (row,) = town.rows(tables.AUDIT_EVENT)
    assert (row.subsystem, row.event_date) == ("gs.profile.status.site", NOW)


def test_who_stops_while_the_other_page_is_open_is_not_turned_on_again(pages, town):
    # The button says what it does: it does not turn round whatever is there.
    pages.post(stop_path("ann"), ONE_CLICK)
    pages.post(stop_path("ann"), {"summary": "off"})
    assert skips(town) == {"ann"}
