# SPDX-License-Identifier: MIT
import pytest
from sqlalchemy import create_engine

from embedded.pages import (
    ONE_CLICK,
    URLENCODED,
    events,
    heading,
    served_pages,
    skips,
    stop_path,
)
from gs.profile.status.site.links import STOP_PATH

# Other forms


OTHER_FORMS = [
    b"",
    b"List-Unsubscribe",
    b"List-Unsubscribe=one-click",
    b"List-Unsubscribe=One-Click2",
    b"list-unsubscribe=One-Click",
    b"summary=",
    b"summary=Off",
    b"summary=toggle",
    b"One-Click",
    b"\xff\xfe\0",
    b"a=b" * 200 + b"&" * 200,
    b'{"List-Unsubscribe": "One-Click"}',
]


def test_any_other_form_is_a_bad_one_and_does_nothing(pages, town):
    for body in OTHER_FORMS:
        answer = pages.ask("POST", stop_path("ann"), body, URLENCODED)
        assert (answer.status, heading(answer)) == (400, "Nothing was changed"), body
    assert (skips(town), events(town)) == (set(), [])


def test_a_body_that_is_no_form_is_a_bad_one(pages, town):
    for kind in (
        "text/plain",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; x",
    ):
        headers = {"Content-Type": kind}
        answer = pages.ask("POST", stop_path("ann"), b"List-Unsubscribe=One-Click", headers)
        assert (answer.status, heading(answer)) == (400, "Nothing was changed"), kind
    answer = pages.ask("POST", stop_path("ann"), b"List-Unsubscribe=One-Click")
    assert answer.status == 400
    assert skips(town) == set()


def test_a_file_is_no_button(pages, town):
    body = (
        b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"; filename="One-Click"'
        b"\r\n\r\nOne-Click\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = pages.ask("POST", stop_path("ann"), body, headers)
    assert (answer.status, heading(answer)) == (400, "Nothing was changed")
    assert skips(town) == set()


def test_a_form_beyond_64_kib_is_not_read(pages, town):
    body = b"List-Unsubscribe=One-Click&x=" + b"x" * 65_536
    answer = pages.ask("POST", stop_path("ann"), body, URLENCODED)
    assert (answer.status, heading(answer)) == (413, "Nothing was changed")
    assert skips(town) == set()


def test_no_other_method_is_taken(pages, town):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        answer = pages.ask(method, stop_path("ann"))
        assert answer.status == 405
        assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert skips(town) == set()


# Links that are not ours


def broken():
    path, other = stop_path("ann"), stop_path("bob")
    return [
        path[:-1],
        f"{path}A",
        f"{path}%00",
        f"{path}/",
        f"{path}%2F..%2F",
        path[:-22] + other[-22:],
        stop_path("ann", key="another key"),
        path.replace("YW5u", "YW5V"),
        STOP_PATH + path.removeprefix(STOP_PATH).upper(),
        STOP_PATH,
        f"{STOP_PATH}ann",
        f"{STOP_PATH}%F0%9F%99%82",
        f"{STOP_PATH}{'A' * 30_000}",
        stop_path("\ud800"),
    ]


def test_a_link_that_is_not_ours_does_nothing_and_tells_nothing(pages, town):
    told = set()
    for path in broken():
        for answer in (
            pages.ask("GET", path),
            pages.post(path, ONE_CLICK),
            pages.post(path, {}),
        ):
            assert (answer.status, heading(answer)) == (
                404,
                "This link does not work",
            ), path
            told.add(answer.body)
        assert pages.ask("HEAD", path).status == 404, path
    assert len(told) == 1
    assert (skips(town), events(town)) == (set(), [])


@pytest.mark.parametrize(
    "path",
    [
        f"{stop_path('ann')}%0D%0ASet-Cookie:%20a=b",
        stop_path("ann").upper(),
        "/" + "%2e" * 9,
    ],
)
def test_a_path_that_is_none_of_ours_is_not_found(pages, town, path):
    answer = pages.post(path, ONE_CLICK)
    assert (answer.status, answer.headers["Set-Cookie"]) == (404, None)
    assert skips(town) == set()


def test_every_changed_character_ends_a_link(pages, town):
    path = stop_path("ann")
    for position in range(len(STOP_PATH), len(path)):
        other = "A" if path[position] != "A" else "B"
        forged = path[:position] + other + path[position + 1 :]
        assert pages.post(forged, ONE_CLICK).status == 404
    assert skips(town) == set()


def test_a_path_of_a_megabyte_does_not_take_the_server_down(pages):
    try:
        status = pages.ask("GET", f"{STOP_PATH}{'A' * 1_000_000}").status
    except OSError:  # it stopped reading
        status = 414
    assert status in {400, 404, 414, 431}
    assert pages.ask("GET", stop_path("ann")).status == 200


def test_who_is_gone_cannot_be_told_from_a_forged_link(pages, town):
    town.person("gone", "g", removed=True, email=False)
    forged = pages.post(f"{stop_path('ann')}x", ONE_CLICK)
    for path in (
        stop_path("gone"),
        stop_path("nobody"),
        stop_path("a\0b"),
        stop_path(""),
    ):
        for answer in (pages.ask("GET", path), pages.post(path, ONE_CLICK)):
            assert (answer.status, answer.body) == (404, forged.body)
    assert (skips(town), events(town)) == (set(), [])


def test_an_id_of_any_characters_has_its_page(pages, town):
    odd = "\u4f50\u85e4 / % \U0001f642 '\"<"
    town.person(odd, "g")
    assert pages.post(stop_path(odd), ONE_CLICK).status == 200
    assert skips(town) == {odd}


# Trouble


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////no/such/folder/site.sqlite3",
        "postgresql+psycopg://127.0.0.1:1/nobody",
    ],
    ids=["sqlite", "postgresql"],
)
def test_without_the_database_it_asks_to_come_again_later(url):
    engine = create_engine(url)
    with served_pages(engine) as pages:
        for answer in (
            pages.ask("GET", stop_path("ann")),
            pages.post(stop_path("ann"), ONE_CLICK),
        ):
            assert (answer.status, heading(answer)) == (503, "Not just now")
            assert answer.headers["Retry-After"] == "60"
        # A link that is not ours is refused all the same.
        assert pages.ask("GET", f"{stop_path('ann')}x").status == 404
    engine.dispose()


def test_where_all_connections_are_in_use_it_asks_to_come_again_later(tmp_path):
    url = f"sqlite:///{tmp_path}/site.sqlite3"
    engine = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    with engine.connect(), served_pages(engine) as pages:
        answer = pages.ask("GET", stop_path("ann"))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
    engine.dispose()
