# SPDX-License-Identifier: MIT
import json
import re
import sqlite3
import stat
from contextlib import closing
from urllib.request import Request, urlopen

import pytest

from embedded.commands import copied, run, running
from gs.profile.status.site.instance.gsconfig import NoTokenError, new_gsconfig, replace_token
from limits import LIMIT

MBOX = """\
From jane@corp.example  Sun Apr  6 11:55:11 2025
From: Jane Lacasse <jane@corp.example>
Date: Sun, 6 Apr 2025 11:55:11 +0000
Message-ID: <1@corp.example>
Subject: [garden] Tea

Who would like some tea?
"""
PEOPLE = "ID,name,addresses,groups\nu1,Jane,jane@corp.example,garden\nu2,Max,max@corp.example,\n"
DOS = "[config-default]\r\nwebservice: x\r\n[webservice-y]\r\ntoken=a\r\n"
MONTH = ("--period", "2025-04")


def write_sources(folder):
    (folder / "lists").mkdir()
    (folder / "lists/garden.mbox").write_text(MBOX)
    (folder / "people.csv").write_text(PEOPLE)


@pytest.fixture(scope="module")
def prepared_site(tmp_path_factory):
    home = tmp_path_factory.mktemp("prepared_site")
    write_sources(home)
    site = home / "site"
    run("init", "--folder", site, "--url", "https://groups.corp.example", "--group", "garden=G")
    assert run("import-people", home / "people.csv", "--folder", site).returncode == 0
    done = run("import-mbox", home / "lists", "--folder", site, "--keep-addresses")
    assert done.returncode == 0, done.stderr
    return site


@pytest.fixture
def folder(prepared_site, tmp_path):
    """Return the folder of a site with a group, two people and a post."""
    write_sources(tmp_path)
    return copied(prepared_site, tmp_path)


def rows(folder, query, *values):
    with closing(sqlite3.connect(folder / "site.sqlite3")) as database, database:
        return database.execute(query, values).fetchall()


def members(url, config):
    token = config.read_text("latin-1").partition("token = ")[2].split()[0]
    body = f"token={token}&get=".encode()
    with urlopen(Request(f"{url}gs-profile-status-members.html", body), timeout=LIMIT) as answer:
        return json.loads(answer.read())


def test_people_of_a_file_are_matched_with_senders_of_an_archive(folder):
    assert rows(folder, "SELECT user_id FROM post") == [("u1",)]
    assert rows(folder, "SELECT user_id FROM person ORDER BY 1") == [("u1",), ("u2",)]


def test_errors_of_a_file_are_reported_with_line_numbers(folder, tmp_path):
    (tmp_path / "people.csv").write_text("ID,role\nu1,owner\nu1,x\n")
    done = run("import-people", tmp_path / "people.csv", "--folder", folder)
    assert (done.returncode, done.stdout) == (65, "")
    one, other, last = done.stderr.splitlines()
    assert "people.csv, line 2: role: “owner”" in one
    assert ", line 3: " in other
    assert last.endswith(
        "people.csv: 2 errors; nothing was imported. Correct the file and try again."
    )
    assert run("import-people", tmp_path / "none.csv", "--folder", folder).returncode == 74


def test_a_single_error_is_counted_in_the_singular(folder, tmp_path):
    (tmp_path / "people.csv").write_text("ID,role\nu1,owner\n")
    done = run("import-people", tmp_path / "people.csv", "--folder", folder)
    assert done.stderr.endswith(
        "people.csv: 1 error; nothing was imported. Correct the file and try again.\n"
    )


def test_a_dry_run_reports_the_changes(folder, tmp_path):
    (tmp_path / "people.csv").write_text("ID,name\nu1,Jane Lacasse\nu3,Zoe\n")
    done = run("import-people", tmp_path / "people.csv", "--folder", folder, "--dry-run")
    assert "1  people are new\n        1  are changed" in done.stdout
    assert "Nothing was written" in done.stdout
    assert rows(folder, "SELECT name FROM person ORDER BY 1") == [("Jane",), ("Max",)]


def test_real_and_invented_people_are_not_mixed(folder, tmp_path):
    done = run("import-mbox", tmp_path / "lists", "--folder", folder)
    assert (done.returncode, done.stderr.count("\n")) == (64, 1)
    assert "add --keep-addresses" in done.stderr
    trial = tmp_path / "trial"
    run("import-mbox", tmp_path / "lists", "--folder", trial)
    done = run("import-mbox", tmp_path / "lists", "--folder", trial, "--keep-addresses")
    assert done.returncode == 64
    assert "leave out --keep-addresses" in done.stderr
    assert b"corp.example" not in (trial / "site.sqlite3").read_bytes()
    done = run("import-people", tmp_path / "people.csv", "--folder", trial)
    assert done.returncode == 64
    assert "invented" in done.stderr


def test_an_archive_goes_to_the_site_that_is_named(folder, tmp_path):
    rows(folder, "INSERT INTO site VALUES ('t', 'T', 'https://t.example', 's@t.example', NULL, 0)")
    again = ("import-mbox", tmp_path / "lists", "--folder", folder, "--keep-addresses")
    done = run(*again)
    assert done.returncode == 64
    assert "choose one with --site: lists, t." in done.stderr
    assert run(*again, "--site", "t").returncode == 0
    assert rows(folder, 'SELECT email FROM "group" WHERE site_id = ?', "t") == [
        ("garden@t.example",)
    ]


def test_a_new_token_is_accepted_at_once_and_the_old_one_refused(folder, tmp_path):
    config = folder / "gsconfig.ini"
    before = config.read_text()
    config.write_text(before.replace("[web", "# Ours.\n[web") + "other = \xe4\n", "latin-1")
    config.chmod(0o640)
    with running("serve", "--folder", folder, *MONTH, folder=tmp_path) as (_, ready):
        assert members(ready["url"], config) == ["u1", "u2"]
        done = run("token", "--folder", folder)
        assert (done.returncode, done.stderr) == (0, "")
        assert members(ready["url"], config) == ["u1", "u2"]
        old = tmp_path / "old.ini"
        old.write_text(before)
        assert "does not match" in str(members(ready["url"], old))
    after = config.read_text("latin-1")
    token = after.partition("token = ")[2].split()[0]
    assert token not in done.stdout
    assert after.replace(token, "T") == (
        before.replace(before.partition("token = ")[2].split()[0], "T").replace(
            "[web", "# Ours.\n[web"
        )
        + "other = \xe4\n"
    )
    assert config.stat().st_mode & 0o777 == 0o640
    assert len(list(folder.glob(".gsconfig*"))) == 0


def test_a_configuration_file_without_a_token_is_not_changed(folder):
    config = folder / "gsconfig.ini"
    before = rows(folder, "SELECT value FROM option ORDER BY 1")
    config.write_text("[config-default]\ndatabase = default\n")
    done = run("token", "--folder", folder)
    assert (done.returncode, done.stderr.count("\n")) == (78, 1)
    assert 'no option "webservice"' in done.stderr
    assert rows(folder, "SELECT value FROM option ORDER BY 1") == before
    config.unlink()
    assert run("token", "--folder", folder).returncode == 0
    assert config.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (new_gsconfig("a"), new_gsconfig("b")),
        (
            f"{DOS}[webservice-x]\r\nToken : a ; old\r\n\tmore\r\n# token = a\r\ndb = 1\r\n",
            f"{DOS}[webservice-x]\r\ntoken = b\r\n# token = a\r\ndb = 1\r\n",
        ),
        (
            "[config-default]\nwebservice = z\nwebservice = x ; of two\n[webservice-x]\ntoken = a",
            "[config-default]\nwebservice = z\nwebservice = x ; of two\n[webservice-x]\ntoken = b",
        ),
    ],
)
def test_only_the_token_is_replaced(before, after):
    assert replace_token(before, "b") == after


@pytest.mark.parametrize(
    "text", ["", "[config-default]\n", "[config-default]\nwebservice = x\n[webservice-x]\n"]
)
def test_a_file_without_a_token_is_refused(text):
    with pytest.raises(NoTokenError):
        replace_token(text, "b")


def test_a_preview_writes_files_and_sends_no_mail(folder, tmp_path):
    done = run("preview", "u1", "--folder", folder, *MONTH, "--to", tmp_path / "seen")
    assert (done.returncode, done.stderr) == (0, "")
    names = {file.name for file in (tmp_path / "seen").iterdir()}
    assert names == {"notification.eml", "notification.txt", "notification.html", "page.html"}
    assert "To: Jane <jane@corp.example>" in (tmp_path / "seen/notification.eml").read_text()
    assert stat.S_IMODE((tmp_path / "seen").stat().st_mode) == 0o700
    for file in (tmp_path / "seen").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not (folder / "Maildir").exists()
    assert rows(folder, "SELECT count(*) FROM audit_event") == [(0,)]


def test_a_mail_links_the_archive_that_the_settings_name(folder, tmp_path):
    settings = folder / "site.toml"
    pages = """[pages]
        groupserver = false
        group = "https://lists.corp.example/{group}/"
        topic = "https://lists.corp.example/{group}/{message-id}/"
    """
    settings.write_text(settings.read_text().replace("[pages]\n", pages))
    done = run("preview", "u1", "--folder", folder, *MONTH, "--to", tmp_path / "seen")
    assert (done.returncode, done.stderr) == (0, "")
    text = (tmp_path / "seen/notification.txt").read_text()
    links = re.findall(r"https://\S+", text)
    assert links[:2] == [
        "https://lists.corp.example/garden/",
        "https://lists.corp.example/garden/1@corp.example/",
    ]
    assert [link for link in links[2:] if "gs-profile-status-" not in link] == []
    assert len(links) == 3


def test_a_preview_that_others_could_read_becomes_private(folder, tmp_path):
    (tmp_path / "notification.txt").touch(0o644)
    run("preview", "u1", "--folder", folder, *MONTH, "--to", tmp_path)
    assert stat.S_IMODE((tmp_path / "notification.txt").stat().st_mode) == 0o600


def test_the_preview_of_a_skipped_member_gives_the_reason(folder, tmp_path):
    run_of = {"cwd": tmp_path}
    done = run("preview", "u2", "--folder", folder, *MONTH, **run_of)
    assert (done.returncode, "not in any groups" in done.stdout) == (0, True)
    done = run("preview", "nobody", "--folder", folder, **run_of)
    assert (done.returncode, "Cannot find" in done.stderr) == (67, True)
    done = run("preview", "u1", "--folder", folder, "--period", "May", **run_of)
    assert (done.returncode, "YYYY-MM" in done.stderr) == (64, True)
    assert not (tmp_path / "preview").exists()


def test_a_publicly_reachable_site_causes_a_warning(folder, tmp_path):
    options = ("serve", "--folder", folder, "--host", "0.0.0.0")
    with running(*options, folder=tmp_path) as (process, _):
        process.terminate()
        _, stderr = process.communicate(timeout=LIMIT)
    assert "behind a web server" in stderr


def test_a_url_without_tls_causes_a_warning(folder, tmp_path):
    options = ("serve", "--folder", folder, "--url", "http://groups.example.org")
    with running(*options, folder=tmp_path) as (process, _):
        process.terminate()
        _, stderr = process.communicate(timeout=LIMIT)
    assert "http://groups.example.org has no TLS" in stderr


def test_options_override_the_listen_settings(folder, tmp_path):
    (folder / "site.toml").write_text("[service]\nhost = '127.0.0.2'\nlog-format = 'json'\n")
    with running("serve", "--folder", folder, folder=tmp_path) as (_, ready):
        assert ready["url"].startswith("http://127.0.0.2:")
    socket = tmp_path / "socket"
    with (folder / "site.toml").open("a") as settings:
        settings.write(f"unix = '{tmp_path}/other'\n")
    with running("serve", "--folder", folder, "--host", "127.0.0.1", folder=tmp_path) as (
        _,
        ready,
    ):
        assert ready["url"].startswith("http://127.0.0.1:")
        assert not (tmp_path / "other").exists()
    with running("serve", "--folder", folder, "--unix", socket, folder=tmp_path) as (_, ready):
        assert socket.is_socket()


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--ready-file", "none/x"], 74, "No such file"),
        (["--url", "groups"], 64, "--url: 'groups' is not a URL"),
        (["--unix", "none/x"], 69, "choose another with --unix"),
    ],
)
def test_invalid_options_of_serve_are_reported_in_a_line(folder, tmp_path, options, code, message):
    done = run("serve", "--folder", folder, *options, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert len([line for line in done.stderr.splitlines() if line[0] != "{"]) == 1
