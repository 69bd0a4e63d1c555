# SPDX-License-Identifier: MIT
import io
import json
import logging
import smtplib
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from gs.profile.status.site.logs import Log, set_up_log

SECRET = "jane@corp.example"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def logged():
    """Return a function that sets up the log and returns its stream."""
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def made(level="info", form="json", stream=None):
        stream = stream or io.StringIO()
        set_up_log(stream, level, form)
        return stream

    yield made
    root.handlers[:], level = before
    root.setLevel(level)
    logging.getLogger("gs.profile.status.site").setLevel(logging.NOTSET)


def error_of(function, *arguments):
    """Return the exception of *function*."""
    try:
        function(*arguments)
    except Exception as error:  # noqa: BLE001 - any exception
        return error
    raise AssertionError


def test_an_event_is_one_json_object_per_line(logged):
    stream = logged()
    Log().info("request", route="/", status=200, seconds=0.25)
    Log().warning("told", what=None)
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first.pop("time").endswith("Z")
    assert first == {
        "level": "info",
        "event": "request",
        "route": "/",
        "status": 200,
        "seconds": 0.25,
    }
    assert (second["level"], second["what"]) == ("warning", None)


def test_the_text_format_is_readable(logged):
    stream = logged(form="text")
    Log().info("request", route="/gs-profile-status-send.html", status=200)
    _, rest = stream.getvalue().split(" ", 1)
    assert rest == "info    request route=/gs-profile-status-send.html status=200\n"


def test_it_is_text_on_a_terminal_and_json_elsewhere(logged):
    for stream, is_json in ((Terminal(), False), (io.StringIO(), True)):
        logged(form=None, stream=stream)
        Log().info("hello")
        assert stream.getvalue().startswith("{") is is_json


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize(
    "hostile", ['x"\n{"event": "forged"}', "\x1b[2J", "\r", "a b=c", "\u2028", "é"]
)
def test_any_field_stays_on_one_plain_line(logged, form, hostile):
    stream = logged(form=form)
    Log().info("request", method=hostile)
    (line,) = stream.getvalue().splitlines()
    assert line.isascii()
    assert line.isprintable()
    if form == "json":
        assert json.loads(line)["method"] == hostile


@pytest.mark.parametrize(
    ("level", "seen"),
    [
        ("debug", ["a", "b", "c", "d"]),
        ("info", ["b", "c", "d"]),
        ("warning", ["c", "d"]),
        ("error", ["d"]),
    ],
)
def test_events_below_the_level_are_left_out(logged, level, seen):
    stream = logged(level)
    log = Log()
    log.debug("a")
    log.info("b")
    log.warning("c")
    log.failure("d", ValueError())
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == seen


def test_a_second_setup_replaces_the_first(logged):
    first, second = logged(), logged()
    Log().info("hello")
    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 1


def test_libraries_log_warnings_and_above_in_the_same_format(logged):
    stream = logged("debug")
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(text("SELECT :address"), {"address": SECRET})
    engine.dispose()
    logging.getLogger("a.library").info("Started")
    assert stream.getvalue() == ""
    logging.getLogger("a.library").warning("Invalid HTTP request received.")
    output = json.loads(stream.getvalue())
    assert output["logger"] == "a.library"
    assert output["message"] == "Invalid HTTP request received."


def test_only_the_first_line_of_a_library_message_is_logged(logged):
    stream = logged()
    logging.getLogger("asyncio").error(
        "Task exception was never retrieved\nValueError(%r)", SECRET
    )
    assert SECRET not in stream.getvalue()
    assert json.loads(stream.getvalue())["message"] == "Task exception was never retrieved"


def broken_query():
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT * FROM nosuch WHERE email = :x"), {"x": SECRET})
    finally:
        engine.dispose()


def chain():
    try:
        {}[SECRET]
    except KeyError as error:
        raise ValueError(SECRET) from error


def context():
    try:
        int(SECRET)
    except ValueError:
        raise RuntimeError(SECRET)  # noqa: B904 - the test is about the missing cause


def group():
    raise ExceptionGroup(SECRET, [ValueError(SECRET), KeyError(SECRET)])


def unreachable():
    raise ConnectionRefusedError(111, SECRET, f"/home/{SECRET}")


def bounced():
    raise smtplib.SMTPResponseException(550, SECRET)


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize(
    ("function", "types"),
    [
        (broken_query, ["sqlalchemy.exc.OperationalError", "sqlite3.OperationalError"]),
        (chain, ["ValueError", "KeyError"]),
        (context, ["RuntimeError", "ValueError"]),
        (group, ["ExceptionGroup", "ValueError"]),
        (unreachable, ["ConnectionRefusedError"]),
        (bounced, ["smtplib.SMTPResponseException"]),
    ],
)
def test_an_error_is_logged_with_type_and_place_and_without_text(logged, form, function, types):
    stream = logged("debug", form)
    Log().failure("request_failed", error_of(function), route="/")
    output = stream.getvalue()
    assert SECRET not in output
    assert function.__name__ in output
    for name in types:
        assert name in output
    if form == "json":
        errors = json.loads(output)["error"]
        assert [one["type"] for one in errors] == types
        # The innermost frame is the last one.
        assert errors[0]["place"][0].endswith(" error_of")


def busy(path):
    with closing(sqlite3.connect(path)) as first, closing(sqlite3.connect(path, 0)) as second:
        first.execute("BEGIN EXCLUSIVE")
        second.execute("BEGIN EXCLUSIVE")


def test_an_error_is_logged_with_its_code(logged, tmp_path):
    stream = logged()
    refused_by_postgresql = DBAPIError("SELECT", {}, Exception())
    refused_by_postgresql.sqlstate = "23505"
    for error in (
        error_of(busy, tmp_path / "x"),
        error_of(unreachable),
        error_of(bounced),
        refused_by_postgresql,
        OSError("no number"),
    ):
        Log().failure("x", error)
    errors = [json.loads(line)["error"][0] for line in stream.getvalue().splitlines()]
    assert [error.get("code") for error in errors] == [
        "SQLITE_BUSY",
        "ECONNREFUSED",
        550,
        "23505",
        None,
    ]


def test_an_endless_chain_of_causes_is_cut(logged):
    stream = logged()
    error = ValueError()
    for _ in range(50):
        after = ValueError()
        after.__cause__ = error
        error = after
    error.__cause__.__cause__ = error
    Log().failure("x", error)
    assert len(json.loads(stream.getvalue())["error"]) == 5


def deep(depth):
    if depth:
        deep(depth - 1)
    raise ValueError


def test_a_deep_place_is_cut_to_its_innermost_part(logged):
    stream = logged()
    Log().failure("x", error_of(deep, 100))
    place = json.loads(stream.getvalue())["error"][0]["place"]
    assert len(place) == 25
    assert all(frame.endswith(" deep") for frame in place)


def test_a_failing_log_raises_no_error(logged, capsys):
    stream = logged()
    stream.close()
    Log().info("request")
    assert capsys.readouterr().err == ""
