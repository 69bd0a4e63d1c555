# SPDX-License-Identifier: MIT
"""The faults of a site, by the first cells of their rows in the manual."""

import signal
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event

from limits import LIMIT, wait_until
from servers import faults
from servers.answers import Answer
from servers.moves import Delay, Fault, Point, Say

from .scenario import SENT, hanging, last_words

PATIENT = ("--patience", str(LIMIT))
# A short time-out, for faults that are a time-out and for calls that are repeated.
HURRIED = ("--timeout", "1")
LISTED = Answer.json([f"u{number}" for number in range(5)])
RETRY = "HTTP 429 or 503, with a `Retry-After` in seconds"
REFUSAL = Answer.json({"status": -1, "message": ["Token: wrong"]})


def no_host(case):
    case.url = "http://nosuch.invalid/"
    return case.run()


def nothing_listens(case):
    case.at().stop()
    return case.run()


def not_trusted(case):
    case.at(tls=case.authority.unknown())
    return case.run("--cacert", case.authority.pem)


def comes_back(case):
    site = case.at()
    site.stop()
    process = case.start(*PATIENT)
    time.sleep(1)  # so that the command meets the fault
    site.start()
    return case.ended(process)


def listing(behaviour, *argv):
    """Return the scenario in which the members hook does something."""

    def happen(case):
        case.at().on_members = behaviour
        return case.run(*argv)

    return happen


def answering(behaviour, *argv, **options):
    """Return the scenario in which the send hook does something for one member of five."""

    def happen(case):
        case.at(**options).answers["u1"] = behaviour
        return case.run(*argv)

    return happen


def sending(behaviours, *argv, **options):
    """Return the scenario of what the send hook does, call by call."""

    def happen(case):
        case.at(**options).on_send = behaviours
        return case.run(*argv)

    return happen


def skipped(case):
    site = case.at([f"u{number}" for number in range(6)])
    site.answers.update({"u0": -2, "u1": -4, "u2": -8, "u3": -16, "u4": -32})
    silent, verbose = case.run(), case.run("-v")
    assert silent.output == ""
    return verbose


def left_the_list(case):
    case.at([f"u{number:02}" for number in range(len(case.members))])
    assert case.run("--limit", "3").code == 75
    case.site.members = case.site.members[:-1]
    return case.run()


def goes_away(case):
    site = case.at()
    site.on_send = last_words(site, case.in_flight)
    return case.run()


def comes_back_in_the_middle(case):
    site = case.at()
    words, is_away = last_words(site, case.in_flight), Event()

    def go(asked):
        answer = words(asked)
        is_away.set()
        return answer

    site.on_send = [*[go] * case.in_flight, None]
    process = case.start(*PATIENT)
    assert is_away.wait(LIMIT)
    time.sleep(0.5)  # so that the command meets the fault
    site.start()
    return case.ended(process)


def killed_at_work(case):
    site = case.at()
    site.on_send = hanging(lambda _: faults.never())
    # So many calls are lost at once that --max-unknown could stop the run first.
    process = case.start("--max-unknown", "0")
    site.wait_for_requests(3)
    site.stop()
    return case.ended(process)


def tls_fails(case):
    site = case.at(tls=case.authority.good())
    site.on_send = [None, faults.last(SENT), None]
    site.on_connection = [None, faults.closed(Point.ACCEPT)]
    site.on_members = [None]
    return case.run("--cacert", case.authority.pem)


def retry_at_a_date(case):
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    return sending([None, faults.trouble(429, Retry_After=date), None], *PATIENT)(case)


def suspended(case):
    site, released = case.at(), Event()
    site.on_send = hanging(lambda _: faults.held(released))
    process = case.start("--timeout", "5", "--max-unknown", "0")
    site.wait_for_requests(2 + case.in_flight)
    process.send_signal(signal.SIGSTOP)
    released.set()
    time.sleep(5.2)
    process.send_signal(signal.SIGCONT)
    return case.ended(process)


def at_work(case):
    late = Fault("late", (Delay(2.0), Say()))
    return sending([None, late, None], *HURRIED, *PATIENT, keys=86_400)(case)


def denied(case):
    def late(_):
        # Otherwise it could come first if many calls are in flight.
        wait_until(lambda: "sent" in case.verdicts().values())
        return Fault("denied", (Say(faults.trouble(404)),), works=False)

    return answering(late)(case)


def ten_in_a_row(case):
    # All calls in flight, and ten more.
    case.at([f"u{number:02}" for number in range(len(case.members) + 10)])
    case.site.on_send = faults.login_page()
    return case.run()


def five_hundred(case):
    site = case.at(keys=86_400)
    site.answers["u1"] = faults.trouble(500)
    return case.run("--patience", "1")


FAULTS = {
    "the name of the host is not found": no_host,
    "nothing listens at the address": nothing_listens,
    "no trusted authority has signed the certificate": not_trusted,
    "the server does not answer as an HTTP server": listing(faults.garbage()),
    "the site does not answer for `--timeout` seconds": listing(
        lambda _: faults.never(), *HURRIED
    ),
    "the connection breaks in the list of members": listing(faults.half(0.5, LISTED)),
    "the list is incomplete, in a complete answer": listing(faults.cut_list("u1", "u2")),
    "the list has an entry that is not a string": listing(faults.text('["u1", 2, "u3"]')),
    "the list has an ID of more than 65,536 characters": listing(
        Answer.json(["u1", "x" * 65_537])
    ),
    "the list has a lone surrogate, such as `\\ud83d`": listing(faults.text(r'["u1", "\ud83d"]')),
    "a page without end instead of the list": listing(faults.huge(1 << 40, b"<p>" * 9999)),
    "a login page instead of the list": listing(faults.login_page()),
    "the members hook answers with HTTP 404, 500 or another error": listing(faults.trouble(500)),
    "the members hook answers with HTTP 429 or 503": listing(faults.trouble(503)),
    "the site redirects to another host": listing(faults.redirect(302, "http://else.invalid/")),
    "the site redirects to something that is not a URL": listing(
        faults.redirect(302, "http://[evil")
    ),
    "the site refuses the token": listing(REFUSAL),
    "`--only` names a member whom the site does not list": listing(None, "--only", "nobody"),
    "the site is down, and works again before the patience ends": comes_back,
    "`status` 0": answering(0),
    "`status` −2, −4, −8, −16 or −32": skipped,
    "`status` −1024 or another number": answering(-1024),
    "a refused form, but not because of the token": answering(
        Answer.json({"status": -1, "message": ["Profile identifier: Required input is missing."]})
    ),
    "HTTP 401, 403 or 404, not at the first call": denied,
    "HTTP 400 or another 4xx": answering(faults.trouble(400)),
    "HTTP 500, 502 or 504": answering(faults.trouble(500)),
    "a redirect": answering(faults.redirect(307, "/elsewhere")),
    "a login page, or another answer that is not one of the hook": answering(faults.login_page()),
    "no answer for `--timeout` seconds": answering(lambda _: faults.never(), "--timeout", "5"),
    "the connection ends after the request": answering(faults.closed()),
    "the connection is reset after the request": answering(faults.reset()),
    "the connection ends after the headers of the answer": answering(faults.half(0)),
    "the connection ends in the middle of the answer": answering(faults.half()),
    "bytes that are not HTTP": answering(faults.garbage()),
    "the member was removed from the list since the last run of the command": left_the_list,
    "the site stops between two calls": goes_away,
    "the site is killed while it works on a call": killed_at_work,
    "the site stops, and works again before the patience ends": comes_back_in_the_middle,
    "the TLS handshake fails": tls_fails,
    "HTTP 429 or 503": sending([None, faults.trouble(503), None]),
    RETRY: sending([None, faults.trouble(503, Retry_After="2"), None], *PATIENT),
    "HTTP 429 or 503, with a date in `Retry-After`": retry_at_a_date,
    "a `Retry-After` of more than an hour": sending(
        [None, faults.trouble(429, Retry_After="7200"), None], *PATIENT
    ),
    "the site refuses the token in the middle": sending([None, REFUSAL, None]),
    "HTTP 401, 403 or 404 at the first call": sending(faults.trouble(403)),
    "ten unknown outcomes in a row": ten_in_a_row,
    "this machine is suspended for longer than `--timeout`, and the site answers meanwhile": (
        suspended
    ),
    "no answer for `--timeout` seconds, at a site with keys": sending(
        [None, faults.delayed(1.3), None], *HURRIED, *PATIENT, keys=86_400
    ),
    "the connection ends after the request, at a site with keys": sending(
        [None, faults.closed(), None], *PATIENT, keys=86_400
    ),
    "HTTP 409: the site still works on the first call": at_work,
    "HTTP 422: the key was used with another form": answering(faults.trouble(422), keys=86_400),
    "HTTP 500 for longer than the patience": five_hundred,
}
