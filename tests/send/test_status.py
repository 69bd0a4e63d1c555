# SPDX-License-Identifier: MIT
"""The reports of runs: --status as text and JSON, and the JSON of a run."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from servers import faults
from servers.answers import Answer

ODD = "\x1b[31m\u202e\r\n\x07'; DROP TABLE member --"


def members(count):
    return [f"u{number:03}" for number in range(count)]


def listing(site, count):
    """Let *site* list so many members; of each twenty, one is skipped, failed, and unknown."""
    site.members = members(count)
    for number in range(0, count, 20):
        site.answers.update({f"u{number:03}": -16, f"u{number + 1:03}": -1024})
        site.answers[f"u{number + 2:03}"] = faults.trouble(500)


def of_status(call, site, *argv):
    """Return the runs of ``--status --json``."""
    done = call("--status", "--json", *argv, site.url)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)["runs"]


# The status


def test_the_status_without_a_ledger_creates_none(groupserver, call, ledger):
    site = groupserver()
    done = call("--status", site.url)
    assert (
        done.stdout == f"{site.url}, in the ledger {ledger}\nThe ledger has no run of this site.\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert of_status(call, site) == []
    assert not list(ledger.parent.glob("ledger*"))


def test_the_status_does_not_call_the_site(groupserver, call):
    site = groupserver(members=members(3))
    call(site.url)
    before = site.connections
    assert call("--status", site.url).returncode == 0
    assert site.connections == before
    site.stop()
    assert "3 members: 3 sent." in call("--status", site.url).stdout


def test_the_status_of_a_run_has_counts_and_next_steps(groupserver, call):
    site = groupserver()
    listing(site, 100)
    call("--period", "2026-10", "--limit", "60", site.url)
    first, empty, *lines = call("--status", site.url).stdout.splitlines()
    assert first.startswith(site.url)
    assert empty == ""
    moment = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.fullmatch(
        rf"2026-10, begun {moment}, ended {moment} \(\d+\.\d s, 1 invocation\)", lines[0]
    )
    assert lines[1:] == [
        "  100 members: 51 sent; 3 skipped (3 no activity in any groups this month); 3 failed (3",
        "    status -1024); 3 unknown (3 HTTP 500); 40 waiting.",
        "  Stopped: the limit of --limit was reached.",
        "  failed: u001: Something else happened to Jane Smith (u001)",
        "  unknown: u002: Internal Server Error (500)",
        "  failed: u021: Something else happened to Jane Smith (u021)",
        "  unknown: u022: Internal Server Error (500)",
        "  failed: u041: Something else happened to Jane Smith (u041)",
        "  unknown: u042: Internal Server Error (500)",
        "  Run the command with --period 2026-10 to send to 40 waiting and retry 3 failed. Add",
        "    --resend-unknown to send to 3 unknown; they may get a second mail.",
    ]


def test_the_status_lists_the_runs_of_the_site_only_and_the_latest_first(groupserver, call):
    site, other = groupserver(members=["a"]), groupserver(members=["b", "c"])
    call("--period", "2026-09", other.url)
    for argv in (
        ["--period", "2026-09"],
        ["--period", "2026-10"],
        ["--period", "2026-10", "--again"],
    ):
        call(*argv, site.url)
    report = [(run["period"], run["round"], run["members"]) for run in of_status(call, site)]
    assert report == [("2026-10", 2, 1), ("2026-10", 1, 1), ("2026-09", 1, 1)]
    shown = call("--status", site.url.upper().replace("HTTP", "http") + "/").stdout
    assert re.findall(r"^2026.*(?=, begun)", shown, re.MULTILINE) == [
        "2026-10, round 2",
        "2026-10",
        "2026-09",
    ]
    assert "This round has ended: 2026-10, round 2 followed it." in shown
    assert "Run the command with --period 2026-09 to send to new members only." in shown


def test_the_status_shows_a_run_without_a_list(groupserver, call):
    site = groupserver()
    site.on_members = faults.trouble(502)
    call("--period", "2026-10", site.url)
    shown = call("--status", site.url).stdout
    assert "The list of members never arrived, so nothing was sent." in shown
    assert "Stopped: Bad Gateway (502 <" in shown
    assert "Run the command with --period 2026-10 to ask for the list again." in shown
    (run,) = of_status(call, site)
    assert (run["members"], run["complete"]) == (0, False)


@pytest.mark.parametrize("is_killed", [False, True])
def test_the_status_shows_a_run_that_has_not_ended(
    groupserver, sendprofile, call, ledger, is_killed
):
    site = groupserver(members=members(5))
    site.on_send = [None, faults.never()]
    process = sendprofile.start("--ledger", ledger, "--period", "2026-10", site.url)
    site.wait_for_requests(3)
    if is_killed:
        process.kill()
        process.communicate()
    shown = " ".join(call("--status", site.url).stdout.split())
    assert "1 invocation; the last one is still running, or was killed" in shown
    assert "5 members: 1 sent; 1 sending; 3 waiting." in shown
    assert "If it was killed, run the command with --period 2026-10 to send to 3 waiting" in shown
    assert "--resend-unknown to send to 1 unknown" in shown
    assert of_status(call, site)[0]["ended"] is None
    process.kill()
    process.communicate()


def test_the_status_as_json_is_complete(groupserver, call, ledger):
    site = groupserver()
    listing(site, 100)
    before = datetime.now(UTC).replace(microsecond=0)
    call("--period", "2026-10", site.url)
    report = json.loads(call("--status", "--json", site.url).stdout)
    assert (report["site"], report["ledger"]) == (site.url, str(ledger))
    (run,) = report["runs"]
    moments = [run["began"], run["ended"], *(each["at"] for each in run["unresolved"])]
    for moment in moments:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", moment)
        assert before <= datetime.fromisoformat(moment) <= datetime.now(UTC)
    assert run["counts"]["sent"] == {"total": 85, "reasons": {"": 85}}
    assert run["counts"]["unknown"] == {"total": 5, "reasons": {"HTTP 500": 5}}
    assert (run["invocations"], run["cause"], run["repeatable"]) == (1, None, 0)
    assert len(run["unresolved"]) == 10
    assert [each["member"] for each in run["unresolved"]][:3] == ["u001", "u002", "u021"]
    failed = run["unresolved"][0]
    assert (failed["verdict"], failed["reason"], failed["status"]) == (
        "failed",
        "status -1024",
        -1024,
    )


def test_the_text_names_a_few_members_and_json_all(groupserver, call):
    site = groupserver(members=members(60))
    site.on_send = -1024
    done = call(site.url)
    assert done.stderr.count("  failed: ") == 5
    assert "… and 55 more; --status --json lists all of them" in done.stderr
    shown = call("--status", site.url).stdout
    assert shown.count("  failed: ") == 20
    assert "… and 40 more" in shown
    assert len(of_status(call, site)[0]["unresolved"]) == 60


def test_lines_fit_a_terminal_and_cannot_control_it(groupserver, call, ledger):
    long, message = "x" * 500, f"{ODD}{'y' * 900}"
    site = groupserver(members=[ODD, long, *members(12)])
    site.on_send = Answer.json({"status": -1024, "message": message})
    call("--period", "2026-10", "--limit", "13", site.url)
    shown = call("--status", site.url)
    for text in (shown.stdout, call(site.url).stderr):
        lines = text.replace(str(ledger), "").splitlines()
        assert max(map(len, lines)) <= 100
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    report = {each["member"]: each["message"] for each in of_status(call, site)[0]["unresolved"]}
    assert report[ODD] == message
    assert long in report


# JSON of a run


@pytest.mark.parametrize("verbose", [[], ["-v"]])
def test_standard_output_has_only_the_json(groupserver, call, verbose):
    site = groupserver()
    listing(site, 20)
    call("--period", "2026-09", site.url)
    done = call("--json", *verbose, "--period", "2026-10", site.url)
    report = json.loads(done.stdout)
    assert (report["exit_code"], done.returncode) == (75, 75)
    (run,) = report["runs"]
    assert (run["period"], run["counts"]["sent"]["total"]) == ("2026-10", 17)
    assert "The run is incomplete." in done.stderr
    assert ("Sending status (u000)" in done.stderr) == bool(verbose)


def test_no_file_and_no_output_has_the_token(groupserver, call, sendprofile, ledger):
    sendprofile.config.write_text(sendprofile.config.read_text().replace("secret", "s3kr1t-t0ken"))
    site = groupserver(members=list("abcd"), token="s3kr1t-t0ken")
    message = "You sent s3kr1t-t0ken"
    site.answers = {
        "a": Answer.json({"status": -1024, "message": message}),
        "b": faults.text(message),
    }
    site.answers["c"] = Answer.json({"status": -1, "message": [message]})
    done = [call(*argv, site.url) for argv in (["-v"], ["--json"], ["--status"], ["--dry-run"])]
    assert not [one for one in done if "s3kr1t" in one.stdout + one.stderr]
    files = [
        path for path in Path(ledger.parent).glob("ledger*") if b"s3kr1t" in path.read_bytes()
    ]
    assert files == []
