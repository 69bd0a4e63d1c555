# SPDX-License-Identifier: MIT
"""The API of sendprofile 1.0.1 works as its manual of 2015 describes it."""

import sys

import pytest

from gs.profile.status.send import errors, script
from gs.profile.status.send.errorvals import exit_vals
from servers import faults
from servers.answers import Answer


@pytest.fixture
def site(groupserver):
    return groupserver(members=["u1", "u2"], names={"u1": "Jane Smith"})


def test_the_documented_names_exist():
    assert script.PROFILE_URI == "/gs-profile-status-members.html"
    assert script.SEND_STATUS_URI == "/gs-profile-status-send.html"
    assert issubclass(script.NotOk, Exception)


def test_the_exit_vals_have_the_names_of_the_original():
    assert exit_vals["success"] == 0
    assert exit_vals["config_error"] == 78
    assert exit_vals["url_bung"] == 64
    assert exit_vals["communication_failure"] == 76
    assert exit_vals["json_decode_error"] == 76
    assert exit_vals["no_user"] == 67
    assert exit_vals["socket_error"] == 75


@pytest.mark.parametrize("whole", [False, True], ids=["host and port", "URL"])
def test_get_user_ids_returns_a_list_of_strings(site, whole):
    hostname = site.url if whole else site.netloc
    assert sorted(script.get_userIds(hostname, "secret")) == ["u1", "u2"]


def test_get_user_ids_raises_not_ok(site):
    site.on_members = faults.trouble(404)
    with pytest.raises(script.NotOk, match=rf"^Not Found \(404 <{site.netloc}>\)$"):
        script.get_userIds(site.netloc, "secret")


def test_get_user_ids_reports_a_refused_token(site):
    with pytest.raises(errors.TokenRefusedError) as raised:
        script.get_userIds(site.netloc, "another")
    assert "another" not in str(raised.value)


def test_send_status_returns_the_answer_of_the_site(site):
    answer = script.send_status(site.netloc, "u1", "secret")
    message = "Sent the monthly profile-status notification to Jane Smith (u1)"
    assert answer == {"status": 0, "message": message}
    assert site.mailed == {"u1": 1}


def test_send_status_redacts_the_token_in_a_message(site):
    site.on_send = Answer.json({"status": 0, "message": "You said secret"})
    assert script.send_status(site.netloc, "u1", "secret")["message"] == "You said [token]"


def test_send_status_returns_a_refusal_without_the_token(site):
    answer = script.send_status(site.netloc, "u1", "another")
    assert answer["status"] == -1
    assert answer["message"][0].startswith('Token: The authentication token "[token]"')


def test_send_status_raises_not_ok(site):
    site.on_send = faults.trouble(500)
    with pytest.raises(script.NotOk, match=rf"^Internal Server Error \(500 <{site.netloc}>\)$"):
        script.send_status(site.netloc, "u1", "secret")


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (faults.login_page(), errors.ProtocolError),
        (faults.closed(), errors.UnreachableError),
        (Answer(200, b"[]"), errors.ProtocolError),
    ],
)
def test_send_status_raises_for_other_answers(site, behaviour, error):
    site.on_send = behaviour
    with pytest.raises(error):
        script.send_status(site.netloc, "u1", "secret")


def test_the_progress_is_shown(capsys):
    script.show_progress("u1", 0, 2)
    script.show_done({"status": 0, "message": "Sent to Zoë"})
    script.show_done({"status": -1, "message": ["Token: wrong"]})
    assert capsys.readouterr().out == (
        "Sending status (u1)...\n    Done: Sent to Zoë\n    Done: Token: wrong\n"
    )


def test_main_sends_to_all_and_exits(site, sendprofile, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["sendprofile", "-v", site.url])
    with pytest.raises(SystemExit) as raised:
        script.main(str(sendprofile.config))
    assert raised.value.code == 0
    assert site.mailed == {"u1": 1, "u2": 1}
    assert "Sent the monthly" in capsys.readouterr().out


def test_main_exits_with_78_without_the_default_file(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["sendprofile", "http://127.0.0.1:9"])
    with pytest.raises(SystemExit) as raised:
        script.main("/nosuch/gsconfig.ini")
    assert raised.value.code == 78
    assert "/nosuch/gsconfig.ini" in capsys.readouterr().err
