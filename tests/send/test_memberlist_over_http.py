# SPDX-License-Identifier: MIT
"""Lists over HTTP: endless, incomplete, with duplicates, or not a list."""

import gzip
import itertools
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest

from servers import faults
from servers.answers import Answer
from servers.moves import Close, Fault, Raw

MIB = 1 << 20


def endless(status, begin, repeated):
    """Return an answer without end, and a counter of its bytes that were sent."""
    sent = Counter()

    def pieces():
        for piece in itertools.chain([begin], itertools.repeat(repeated)):
            yield piece
            sent["bytes"] += len(piece)

    return Answer(status, pieces, (("Content-Type", "text/html"),)), sent


PAGE = (b"<!DOCTYPE html>", b"<p>Please log in.</p>" * 1000)
ENDLESS = [
    (200, *PAGE, 76, "it is not a JSON list"),
    (200, b"", b" " * 10_000, 76, "it is not a JSON list"),
    (200, b'["u1", "', b"x" * 10_000, 76, "entry 2 is too long for an ID"),
    (200, b'["u1"]', b"\n" * 10_000, 76, "or does not end"),
    (200, b"[", b'{"id": "u1"},' * 1000, 76, "entry 1 of the list is not a string"),
    (302, *PAGE, 76, "Found"),
    (404, *PAGE, 76, "Not Found"),
    (500, *PAGE, 76, "Internal Server Error"),
    (503, *PAGE, 75, "Service Unavailable"),
]


@pytest.mark.parametrize(("status", "begin", "repeated", "code", "says"), ENDLESS)
def test_an_answer_that_is_not_a_list_is_not_read_to_its_end(
    groupserver, sendprofile, status, begin, repeated, code, says
):
    site = groupserver(members=["u1"])
    site.on_members, sent = endless(status, begin, repeated)
    done = sendprofile.run(site.url)
    assert done.returncode == code
    assert says in done.stderr
    # The buffers of the sockets hold more than was read.
    assert sent["bytes"] < 32 * MIB
    assert site.sends == []


LISTED = json.dumps([f"u{number}" for number in range(1000)]).encode()


def raw(head, body):
    return Fault("raw", (Raw(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body), Close()))


CUT = {
    "half of the length": (faults.half(0.5), 75),
    "all but the bracket": (faults.half(0.9995), 75),
    "half of the chunks": (faults.cut_chunks(0.5), 75),
    "all of the chunks but the last": (faults.cut_chunks(1.0), 75),
    "too short a length": (raw(b"Content-Length: 3000", LISTED), 76),
    "too long a length": (raw(b"Content-Length: 9999", LISTED), 75),
    "closed for an end": (raw(b"Connection: close", LISTED[:3000]), 76),
    "a list that is cut itself": (faults.text(LISTED[:3000]), 76),
    "in the middle of a character": (faults.text('["u1", "ë'.encode()[:-1]), 76),
    "gzip": (faults.text(gzip.compress(LISTED)).having("Content-Encoding", "gzip"), 76),
}


@pytest.fixture
def recorded(call):
    """Return a function that returns the counts of the run by verdict."""

    def look(site):
        run = json.loads(call("--status", "--json", site.url).stdout)["runs"][0]
        return {verdict: count["total"] for verdict, count in run["counts"].items()}

    return look


@pytest.mark.parametrize(("fault", "code"), CUT.values(), ids=CUT)
def test_an_incomplete_list_enrols_nobody(groupserver, call, recorded, fault, code):
    site = groupserver(members=json.loads(LISTED))
    site.on_members = fault
    done = call(site.url)
    assert done.returncode == code, done.stderr
    assert recorded(site) == {}
    assert site.sends == []


@pytest.mark.parametrize(("fault", "code"), CUT.values(), ids=CUT)
def test_an_incomplete_list_does_not_change_a_run(groupserver, call, recorded, fault, code):
    members = ["u1", "u2", "u3"]
    site = groupserver(members=members, answers={"u2": -1024})
    assert call(site.url).returncode == 75
    site.on_members = fault
    assert call(site.url).returncode == code
    assert recorded(site) == {"sent": 2, "failed": 1}
    site.on_members, site.answers["u2"] = None, 0
    assert call(site.url).returncode == 0
    assert site.mailed == dict.fromkeys(members, 1)


def test_a_member_listed_twice_is_sent_to_once(groupserver, call, recorded):
    site = groupserver(members=["u1", "u2"])
    site.on_members = Answer.json(["u1", "u2", "u1", "u2", "u2"] * 3000)
    assert call("-j", "8", site.url).returncode == 0
    assert site.mailed == {"u1": 1, "u2": 1}
    assert recorded(site) == {"sent": 2}


ODD = ["\0", "a\0b", "a", "a\n", "\r\n", "\x1b[2J", " ", "%00", "a&token=x", "+", "\x7f"]
WIDE = ["山田", "😀", "e\u0301", "é", "\u202e", "\ufeff", "\uffff"]


def test_an_id_is_unchanged_from_the_list_to_the_hook(groupserver, call, recorded):
    odd = [*ODD, "x" * 65_536]
    site = groupserver(members=odd)
    assert call("-j", "4", site.url).returncode == 0
    assert site.mailed == dict.fromkeys(odd, 1)
    assert call(site.url).returncode == 0
    assert site.mailed == dict.fromkeys(odd, 1)
    assert recorded(site) == {"sent": len(odd)}


@pytest.mark.parametrize("escaped", [True, False])
def test_an_id_beyond_ascii_is_unchanged(groupserver, call, escaped):
    # This site, like the original, fails with such a form; but the ID arrives.
    site = groupserver()
    site.on_members = Answer.json(WIDE, escaped=escaped)
    call(site.url)
    assert sorted(sent.fields["profileId"] for sent in site.sends) == sorted(WIDE)


def test_the_empty_string_is_an_id_which_the_site_may_refuse(groupserver, call, recorded):
    site = groupserver(members=["", "u1"])
    done = call(site.url)
    assert done.returncode == 75
    assert "Profile identifier: Required input is missing." in done.stderr
    assert recorded(site) == {"sent": 1, "failed": 1}


def test_a_lone_surrogate_is_refused_before_anything_is_sent(groupserver, call, recorded):
    site = groupserver(members=["u1"])
    site.on_members = faults.text(rb'["u1", "u2", "\ud83d"]')
    done = call(site.url)
    assert done.returncode == 76
    assert "entry 3 of the list has a lone surrogate" in done.stderr
    assert recorded(site) == {}


def test_a_long_list_can_arrive_over_http_2(groupserver, authority, sendprofile):
    site = groupserver(tls=authority.good(), http2=True)
    site.on_members = Answer.json([f"u{number}" for number in range(50_000)])
    done = sendprofile.run("--cacert", authority.pem, "--dry-run", site.url)
    assert done.stdout.startswith("Dry run of ")
    assert "50000 would be sent to" in done.stdout
    assert [request.version for request in site.requests] == ["HTTP/2"]


def test_a_page_over_http_2_is_not_a_list(groupserver, authority, sendprofile):
    site = groupserver(tls=authority.good(), http2=True)
    site.on_members = replace(faults.login_page(), body=b"<html>" * MIB)
    done = sendprofile.run("--cacert", authority.pem, site.url)
    assert done.returncode == 76
    assert "it is not a JSON list" in done.stderr


# Reads so many members of a site, and prints the most memory that it used, in KiB. (exec does not
# reset ru_maxrss, so that it could be the value of the test process.)
READER = """\
import collections, itertools, pathlib, re, sys
from gs.profile.status.send.client import CertificateAuthorities, ClientOptions
from gs.profile.status.send.client import HttpSite, TransferLoop
from gs.profile.status.send.siteurl import SiteUrl
from gs.profile.status.send.text import Token
url, count = sys.argv[1:]
options = ClientOptions(10.0, "test", CertificateAuthorities.of_system())
members = HttpSite(SiteUrl.parse(url), Token("secret"), options, TransferLoop()).members()
collections.deque(itertools.islice(members, int(count)), maxlen=0)
print(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
"""


def test_memory_does_not_grow_with_the_list(groupserver):
    site = groupserver()
    site.on_members = faults.endless_list()

    def most(count):
        words = [sys.executable, "-c", READER, site.url, str(count)]
        return int(subprocess.check_output(words, env=dict(os.environ)))

    assert most(1_000_000) < most(100_000) + 2 * 1024
