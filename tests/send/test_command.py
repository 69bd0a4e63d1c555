# SPDX-License-Identifier: MIT
"""The command end to end: exit codes and messages for each row of the tables of the protocol."""

import re
import shlex
import socket
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest

from limits import LIMIT
from servers import faults
from servers.answers import Answer
from servers.moves import Point

from .conftest import GSCONFIG
from .scenario import last_words


def members(count):
    return [f"u{number}" for number in range(count)]


def test_the_command_is_silent_without_problems(groupserver, sendprofile):
    site = groupserver(members=members(20))
    done = sendprofile.run(site.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert site.mailed == dict.fromkeys(members(20), 1)
    assert site.connections == 1 or site.longest_pause > 2  # libcurl drops what is idle


def test_verbose_writes_the_lines_of_the_original(groupserver, sendprofile):
    site = groupserver(members=["u1"], names={"u1": "Jane Smith"})
    done = sendprofile.run("-v", site.url)
    *lines, closing = done.stdout.splitlines()
    assert lines == [
        "Retrieving the list of people... done",
        "Sending the status notification to each person",
        "Sending status (u1)...",
        "    Done: Sent the monthly profile-status notification to Jane Smith (u1)",
    ]
    assert re.fullmatch(r"1 member: 1 sent\. The run took \d+\.\d s\.", closing)
    assert (done.returncode, done.stderr) == (0, "")


def test_skipped_members_are_counted_by_reason_and_are_no_problem(groupserver, sendprofile):
    site = groupserver(members=members(7))
    site.answers.update({"u0": -2, "u1": -4, "u2": -8, "u3": -16, "u4": -32, "u5": -16})
    done = sendprofile.run("-v", site.url)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith(
        "7 members: 1 sent; 6 skipped (2 no activity in any groups this month, "
        "1 explicitly opted out, 1 no such member, 1 no verified email addresses, "
        "1 not in any groups). The run took"
    )
    assert sendprofile.run(site.url).stderr == ""


# Incomplete configuration files: PROTOCOL.md, "Configuration".
CONFIGURATIONS = [
    ("[config-other]\nwebservice = default", 'No configuration set "default" defined in file "'),
    (
        "[config-default]\nx = 1",
        'No configuration defined for "webservice" in set "default".',
    ),
    (
        "[config-default]\nwebservice = gone",
        'No configuration section for type "webservice" with value "gone".',
    ),
    (GSCONFIG.format(token=""), 'The option "token" of section [webservice-default] is missing'),
    ("not an ini file", "It is not an ini file: line 1"),
]


@pytest.mark.parametrize(("content", "says"), CONFIGURATIONS)
def test_an_incomplete_configuration_file_is_78(sendprofile, free_port, content, says):
    sendprofile.config.write_text(content)
    done = sendprofile.run(f"http://127.0.0.1:{free_port}")
    assert done.returncode == 78
    first, second = done.stderr.splitlines()
    assert first == f'Error with the configuration file "{sendprofile.config}":'
    assert says in second


def test_no_configuration_file_or_a_folder_is_78(sendprofile, tmp_path):
    for path in (tmp_path / "nosuch.ini", tmp_path):
        done = sendprofile.run("-c", path, "http://127.0.0.1")
        assert done.returncode == 78
        assert str(path) in done.stderr


def test_a_token_with_a_percent_sign_works(groupserver, sendprofile):
    sendprofile.config.write_text(GSCONFIG.format(token="50%off%(x"))
    site = groupserver(members=["u1"], token="50%off%(x")
    assert sendprofile.run(site.url).returncode == 0
    assert site.mailed == {"u1": 1}


def test_the_default_configuration_file_is_that_of_the_instance(
    groupserver, sendprofile, tmp_path
):
    site = groupserver(members=["u1"])
    folder = tmp_path / "instance" / "etc"
    folder.mkdir(parents=True)
    (folder / "gsconfig.ini").write_text(sendprofile.config.read_text())
    command = replace(sendprofile, config=None)
    assert command.run(site.url).returncode == 78
    assert command.run(site.url, INSTANCE_HOME=str(tmp_path / "instance")).returncode == 0
    assert site.mailed == {"u1": 1}


def test_another_instance_has_another_token(groupserver, sendprofile):
    more = "[config-live]\nwebservice = live\n[webservice-live]\ntoken = livetoken\n"
    sendprofile.config.write_text(sendprofile.config.read_text() + more)
    site = groupserver(members=["u1"], token="livetoken")
    assert sendprofile.run("-i", "live", site.url).returncode == 0
    assert sendprofile.run(site.url).returncode == 77


@pytest.mark.parametrize("url", ["gstest", "/path", "http://"])
def test_a_url_without_a_host_is_64(sendprofile, url):
    done = sendprofile.run(url)
    assert done.returncode == 64
    assert done.stderr == (
        f"The URL has no host: {url}\n"
        "Give the address of the site, such as https://groups.example.com/\n"
    )


@pytest.mark.parametrize("argv", [["--nosuch", "http://x"], [], ["-t", "-1", "http://x"]])
def test_a_bad_option_is_64_with_the_usage(sendprofile, argv):
    done = sendprofile.run(*argv)
    assert done.returncode == 64
    assert done.stderr.startswith("usage: sendprofile")
    assert "Traceback" not in done.stderr


def test_a_missing_cacert_file_is_64(sendprofile, tmp_path):
    done = sendprofile.run("--cacert", tmp_path / "nosuch.pem", "https://127.0.0.1")
    assert done.returncode == 64
    assert "--cacert" in done.stderr


def test_a_cacert_file_without_certificates_is_64(groupserver, authority, sendprofile, tmp_path):
    site = groupserver(members=["u1"], tls=authority.good())
    (tmp_path / "empty.pem").write_text("nothing in it")
    done = sendprofile.run("--cacert", tmp_path / "empty.pem", site.url)
    assert done.returncode == 64
    assert site.requests == []


def test_a_host_that_does_not_exist_is_68(sendprofile):
    done = sendprofile.run("http://nosuch.invalid/")
    assert done.returncode == 68
    assert "The name of the host was not found: nosuch.invalid" in done.stderr


def test_a_port_where_nothing_listens_is_75(sendprofile, free_port):
    done = sendprofile.run(f"http://127.0.0.1:{free_port}")
    assert done.returncode == 75
    assert "Cannot reach the site" in done.stderr
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize("bad", ["wrong_name", "expired", "unknown"])
def test_an_untrusted_certificate_is_75(groupserver, authority, sendprofile, bad):
    site = groupserver(members=["u1"], tls=getattr(authority, bad)())
    done = sendprofile.run("--cacert", authority.pem, site.url)
    assert done.returncode == 75
    assert "is not valid" in done.stderr
    assert site.requests == []


@pytest.mark.parametrize("option", ["--cacert", "SSL_CERT_FILE"])
def test_cacert_names_a_private_authority(groupserver, authority, sendprofile, option):
    site = groupserver(members=["u1"], tls=authority.good())
    if option == "--cacert":
        done = sendprofile.run("--cacert", authority.pem, site.url)
    else:
        done = sendprofile.run(site.url, SSL_CERT_FILE=str(authority.pem))
    assert (done.returncode, done.stderr) == (0, "")
    assert site.mailed == {"u1": 1}


LIST_CUT = faults.half(0.5, Answer.json(members(100)))

# Behaviours of the members hook without a list: behaviour, exit code, message.
MEMBERS = [
    (faults.trouble(404), 76, r"Not Found \(404 <127\.0\.0\.1:\d+>\)"),
    (faults.trouble(500), 76, r"Internal Server Error \(500 <127\.0\.0\.1:\d+>\)"),
    (faults.trouble(401), 76, r"Unauthorized \(401 <"),
    (faults.trouble(503), 75, r"Service Unavailable \(503 <"),
    (faults.trouble(429), 75, r"Too Many Requests \(429 <"),
    (faults.login_page(), 76, "did not answer with a list of members"),
    (faults.text(""), 76, "the answer is empty"),
    (faults.text("  "), 76, "did not answer with a list"),
    (faults.text("{}"), 76, "did not answer with a list"),
    (faults.text('{"status": 0, "message": "Hello"}'), 76, "it is an object"),
    (faults.text("[1, 2]"), 76, "entry 1 of the list is not a string"),
    (faults.text('["u1", null]'), 76, "entry 2 of the list is not a string"),
    (faults.text('["u1", ["u2"]]'), 76, "entry 2 of the list is not a string"),
    (faults.text('[["u1"]]'), 76, "entry 1 of the list is not a string"),
    (faults.text('["u1"] x'), 76, "is invalid"),
    (faults.text('["u1"'), 76, "is incomplete, after 1 IDs"),
    (faults.cut_list("u1", "u2"), 76, "is incomplete, after 2 IDs"),
    (faults.nested(), 76, "entry 1"),
    (faults.text(b'["u1\xff"]'), 76, "is invalid"),
    (faults.garbage(), 76, "does not answer as an HTTP server"),
    (faults.redirect(302, "http://elsewhere.invalid/login?token=secret"), 76, "redirects to"),
    (faults.redirect(302, "/secret/login"), 76, r"redirects to http://\S+/\[token\]/login"),
    (faults.redirect(302, "http://[evil"), 76, r"redirects to http://\[evil, which is not a URL"),
    (faults.redirect(302, "//[secret]x"), 76, r"redirects to //\[\[token\]\]x, which is not"),
    (faults.redirect(302, "http://\xff\xfe/"), 76, "redirects to http://\ufffd\ufffd/[.]"),
    (
        faults.text('{"status": -1, "message": ["Token: \\u001b[2J", "a\\nb\\nc"]}'),
        77,
        "refuses the token: Token: \ufffd\\[2J a b c",
    ),
    (faults.closed(Point.BODY), 75, "Cannot reach the site"),
    (faults.reset(Point.BODY), 75, "Cannot reach the site"),
    (LIST_CUT, 75, "Cannot reach the site"),
]


@pytest.mark.parametrize(("behaviour", "code", "says"), MEMBERS)
def test_nothing_is_sent_without_a_list(groupserver, sendprofile, behaviour, code, says):
    site = groupserver(members=members(3))
    site.on_members = behaviour
    done = sendprofile.run("-v", site.url)
    assert done.returncode == code
    assert re.search(says, done.stderr), done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert "secret" not in done.stderr + done.stdout
    assert site.sends == []


def test_a_members_hook_without_200_is_reported_as_in_the_original(groupserver, sendprofile):
    site = groupserver()
    done = sendprofile.run(f"{site.url}/nosuch")
    first, second = done.stderr.splitlines()
    assert first == "Error communicating with the server while receiving the list of people:"
    assert second.startswith(f"Not Found (404 <{site.netloc}>)")


@pytest.mark.parametrize("refused", [-1, 100])
def test_a_refused_token_is_77_and_not_repeated(groupserver, sendprofile, refused):
    site = groupserver(members=members(3), token="another", refused=refused)
    done = sendprofile.run("-v", site.url)
    assert done.returncode == 77
    assert "The site refuses the token" in done.stderr
    assert "does not match the one in the database" in done.stderr
    assert '"secret"' not in done.stderr + done.stdout
    assert "secret" not in done.stderr + done.stdout
    assert site.sends == []


def test_a_token_that_the_site_cannot_read_is_76(groupserver, sendprofile):
    sendprofile.config.write_text(GSCONFIG.format(token="grüße"))
    done = sendprofile.run(groupserver(members=["u1"]).url)
    assert done.returncode == 76
    assert "grüße" not in done.stderr


# Behaviours of the send hook for one member: behaviour, verdict and reason, message.
SENDS = [
    (-1024, "1 failed (1 status -1024)", "Something else happened"),
    (5, "1 failed (1 status 5)", "Something else happened"),
    (
        Answer.json({"status": -1, "message": ["Profile identifier: Required input is missing."]}),
        "1 failed (1 refused form)",
        "Profile identifier: Required input is missing.",
    ),
    (faults.trouble(400), "1 failed (1 HTTP 400)", "Bad Request (400)"),
    (faults.trouble(404), "1 failed (1 HTTP 404)", "Not Found (404)"),
    (faults.trouble(500), "1 unknown (1 HTTP 500)", "Internal Server Error (500)"),
    (faults.trouble(502), "1 unknown (1 HTTP 502)", "Bad Gateway (502)"),
    (faults.trouble(504), "1 unknown (1 HTTP 504)", "Gateway Timeout (504)"),
    (faults.redirect(307, "/elsewhere"), "1 unknown (1 HTTP 307)", "Temporary Redirect (307)"),
    (faults.login_page(), "1 unknown (1 not an answer of the hook)", "it is not JSON"),
    (faults.nested(), "1 unknown (1 not an answer of the hook)", "it is not JSON"),
    (faults.text("[]"), "1 unknown (1 not an answer of the hook)", "not a JSON object"),
    (faults.closed(), "1 unknown (1 no answer)", "unknown: u1: "),
    (faults.reset(), "1 unknown (1 no answer)", "unknown: u1: "),
    (faults.half(), "1 unknown (1 no answer)", "unknown: u1: "),
    (faults.garbage(), "1 unknown (1 no answer)", "unknown: u1: "),
]


@pytest.mark.parametrize(("behaviour", "counted", "says"), SENDS)
def test_a_problem_with_one_member_is_reported_and_the_others_are_sent_to(
    groupserver, sendprofile, behaviour, counted, says
):
    site = groupserver(members=members(5))
    site.on_members = Answer.json(
        members(5)
    )  # in this order: a denial of the first call would stop the run
    site.answers["u1"] = behaviour
    done = sendprofile.run(site.url)
    assert "4 sent" in done.stderr
    assert counted in done.stderr
    assert says in done.stderr
    assert done.returncode == 75
    assert sum(site.mailed[member] for member in ("u0", "u2", "u3", "u4")) == 4
    assert done.stdout == ""


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_that_the_site_asks_for_is_reported(groupserver, sendprofile, status):
    site = groupserver(members=members(9))
    site.on_send = [None, None, faults.trouble(status)]
    done = sendprofile.run(site.url)
    assert done.returncode == 75
    assert "the site asks for a pause" in done.stderr
    assert f"2 sent; 7 waiting (1 HTTP {status})" in done.stderr
    assert len(site.sends) == 3


def test_a_token_refused_in_the_middle_stops_the_run_with_77(groupserver, sendprofile):
    site = groupserver(members=members(9))
    refusal = {"status": -1, "message": ['Token: The authentication token "secret" is wrong']}
    site.on_send = [None, None, Answer.json(refusal)]
    done = sendprofile.run("-v", site.url)
    assert done.returncode == 77
    assert "2 sent; 7 waiting (1 token refused)" in done.stdout
    assert "secret" not in done.stderr + done.stdout
    assert len(site.sends) == 3


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_denial_of_the_first_call_stops_the_run_with_76(groupserver, sendprofile, status):
    site = groupserver(members=members(9))
    site.on_send = faults.trouble(status)
    done = sendprofile.run(site.url)
    assert done.returncode == 76
    assert len(site.sends) == 1


def test_a_site_that_stops_ends_the_run_with_75(groupserver, sendprofile):
    site = groupserver(members=members(9))
    site.on_send = [None, None, last_words(site)]
    done = sendprofile.run(site.url)
    assert done.returncode == 75
    assert "3 sent; 6 waiting" in done.stderr
    assert "The run stopped: the site cannot be reached" in done.stderr


def test_a_login_page_for_every_call_stops_the_run_after_ten(groupserver, sendprofile):
    site = groupserver(members=members(99))
    site.on_send = faults.login_page()
    done = sendprofile.run(site.url)
    assert done.returncode == 75
    assert len(site.sends) == 10
    assert "--max-unknown" in done.stderr
    done = sendprofile.run("--max-unknown", "0", site.url)
    assert "99 unknown" in done.stderr
    assert len(site.sends) == 99


def test_names_and_ids_of_all_scripts_are_shown_unchanged(groupserver, sendprofile):
    names = {"u1": "山田 太郎", "u2": "فاطمة الزهراء", "u3": "Zoë Ünal", "u4": "O’Brien"}
    site = groupserver(members=list(names), names=names, escaped=False)
    done = sendprofile.run("-v", site.url)
    for name in names.values():
        assert f"to {name} (u" in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize(
    "environment",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "LANG": "C"}, {"LC_ALL": "POSIX"}],
)
def test_a_name_that_cannot_be_encoded_does_not_end_the_run(groupserver, sendprofile, environment):
    site = groupserver(members=["u1", "u2"], names={"u1": "山田"})
    done = sendprofile.run("-v", site.url, **environment)
    assert done.returncode == 0
    assert set(site.mailed) == {"u1", "u2"}


def test_a_message_of_the_site_cannot_control_the_terminal(groupserver, sendprofile):
    site = groupserver(members=["u1"], names={"u1": "\x1b[2Jx\r\n\x07\u202eevil\ud800"})
    done = sendprofile.run("-v", site.url)
    assert done.returncode == 0
    for bad in "\x1b\r\x07\u202e":
        assert bad not in done.stdout
    assert "evil" in done.stdout


def test_the_summary_cannot_control_the_terminal(groupserver, sendprofile):
    site = groupserver(members=["\x1b[31m"], names={"\x1b[31m": "\x1b[2J\r\nevil"})
    site.on_send = -1024
    done = sendprofile.run(site.url)
    assert done.returncode == 75
    assert "\x1b" not in done.stderr
    assert "\r" not in done.stderr
    line = next(line for line in done.stderr.splitlines() if "evil" in line)
    assert line.startswith("  failed: ")


def test_an_id_with_special_characters_arrives_unchanged(groupserver, sendprofile):
    odd = ["a b", "a&b=c", "100%", "+", "../x", "<b>", '"', "\x1b[31m"]
    site = groupserver(members=odd)
    done = sendprofile.run("-v", site.url)
    assert done.returncode == 0
    assert site.mailed == dict.fromkeys(odd, 1)
    assert "\x1b" not in done.stdout


def test_a_member_who_makes_the_site_fail_does_not_block_the_others(groupserver, sendprofile):
    site = groupserver(members=["u1", "title", "ë", "u2"])
    done = sendprofile.run(site.url)
    assert done.returncode == 75
    assert "2 sent; 2 unknown (2 HTTP 500)" in done.stderr


def test_a_closed_pipe_does_not_end_the_run(groupserver, sendprofile):
    site = groupserver(members=members(200))
    process = sendprofile.start("-v", site.url)
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(LIMIT) == 0
    assert process.stderr.read() == ""
    process.stderr.close()
    assert site.mailed == dict.fromkeys(members(200), 1)


@pytest.mark.parametrize(
    ("verbose", "closed"),
    [
        ("", ">&- 2>&- <&-"),
        ("-v", ">&-"),
        ("-v", "2>&-"),
        ("-v", ">&- 2>&- <&-"),
        ("-v", ">/dev/full"),
    ],
)
def test_closed_or_full_streams_do_not_end_the_run(groupserver, sendprofile, closed, verbose):
    site = groupserver(members=members(9))
    command = shlex.join([*sendprofile.words, site.url])
    done = subprocess.run(
        ["sh", "-c", f"{command} {verbose} {closed}"],
        capture_output=True,
        check=False,
        timeout=LIMIT,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert site.mailed == dict.fromkeys(members(9), 1)


def test_without_a_home_folder_the_ledger_must_be_named(groupserver, sendprofile, tmp_path):
    site = groupserver(members=["u1"])
    done = sendprofile.run(site.url, HOME="/dev/null")
    assert done.returncode == 73
    assert "--ledger" in done.stderr
    assert site.requests == []
    done = sendprofile.run("--ledger", tmp_path / "l.sqlite3", site.url, HOME="/dev/null")
    assert (done.returncode, done.stderr) == (0, "")


@contextmanager
def a_server_that_answers(data):
    """Listen on a port, and send *data* to every client."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(data)
                # If data is unread, closing would reset the connection before the answer arrives.
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65_536):
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(LIMIT)


def test_a_mail_server_at_the_port_is_76(sendprofile):
    with a_server_that_answers(b"220 mail.example.org ESMTP ready\r\n") as url:
        done = sendprofile.run(url)
    assert done.returncode == 76
    assert "does not answer as an HTTP server" in done.stderr
