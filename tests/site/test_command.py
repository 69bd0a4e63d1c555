# SPDX-License-Identifier: MIT
import gzip
import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from configparser import ConfigParser
from contextlib import closing
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from embedded.commands import SITE, copied, run, running, started
from limits import LIMIT, wait_until

ROOT = Path(__file__).parents[2]
MBOX = """\
From jane@corp.example  Sun Apr  6 11:55:11 2025
From: Jane Lacasse <jane@corp.example>
Date: Sun, 6 Apr 2025 11:55:11 +0000
Message-ID: <1@corp.example>
Subject: [garden] Tea

Who would like some tea?
"""


def token_of(config):
    parser = ConfigParser(interpolation=None)
    parser.read(config)
    return parser[f"webservice-{parser['config-default']['webservice']}"]["token"]


def output_lines(stderr):
    """Return the lines that are not log events."""
    return [line for line in stderr.splitlines() if not line.startswith("{")]


def ask(ready, path, **fields):
    body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
    with urlopen(Request(ready["url"].rstrip("/") + path, body), timeout=LIMIT) as answer:
        return json.loads(answer.read())


def write_data(home):
    folder = home / "our lists"
    folder.mkdir()
    (folder / "garden.mbox").write_text(MBOX)
    return folder


@pytest.fixture
def data(tmp_path):
    return write_data(tmp_path)


@pytest.fixture(scope="module")
def imported_site(tmp_path_factory):
    home = tmp_path_factory.mktemp("imported_site")
    done = run("import-mbox", write_data(home), "--folder", home / "site")
    assert done.returncode == 0, done.stderr
    return home / "site"


@pytest.fixture
def site(imported_site, tmp_path):
    """Return the folder of a site with the imported data."""
    return copied(imported_site, tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_a_demo_cleanly(tmp_path, number):
    folder = tmp_path / "demo"
    with running("demo", "--folder", folder, folder=tmp_path, start=started) as (process, ready):
        token = token_of(ready["config"])
        members = ask(ready, "/gs-profile-status-members.html", token=token, get="")
        assert len(members) == ready["members"] > 50
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=LIMIT)
    assert (process.returncode, stderr) == (0, "")
    assert ready["url"] in stdout
    command = f"sendprofile -v -c {folder / 'gsconfig.ini'} --ledger {folder / 'trial.sqlite3'}"
    assert f"{command} {ready['url']}" in stdout
    assert f"\n\nThis is a trial: the e-mails go into {folder / 'Maildir'}. " in stdout
    assert token not in stdout


def test_the_files_of_a_demo_are_private(tmp_path):
    folder = tmp_path / "demo"
    with running("demo", "--folder", folder, folder=tmp_path):
        for name, mode in ((".", 0o700), ("gsconfig.ini", 0o600), ("site.sqlite3", 0o600)):
            assert stat.S_IMODE((folder / name).stat().st_mode) == mode


def test_two_demos_have_different_tokens_and_free_ports(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with (
        running("demo", "--folder", tmp_path / "a/site", folder=tmp_path / "a") as (_, one),
        running("demo", "--folder", tmp_path / "b/site", folder=tmp_path / "b") as (_, other),
    ):
        assert one["url"] != other["url"]
        assert token_of(one["config"]) != token_of(other["config"])


def test_a_demo_listens_on_the_loopback_alone(tmp_path):
    with running("demo", "--folder", tmp_path / "demo", folder=tmp_path) as (_, ready):
        assert ready["url"].startswith("http://127.0.0.1:")


def test_a_site_is_served_by_one_process_at_a_time(tmp_path, site):
    folder = site
    with running("serve", "--folder", folder, folder=tmp_path) as (first, ready):
        second = run("serve", "--folder", folder)
        assert second.returncode == 69
        assert second.stdout == ""
        assert output_lines(second.stderr) == [
            f"sendprofile-site: Another sendprofile-site serves {folder}; stop it first."
        ]
        assert ask(ready, "/gs-profile-status-members.html", token="x")["message"]
        first.kill()
        first.wait(LIMIT)
        with running("serve", "--folder", folder, folder=tmp_path) as (process, _):
            assert process.poll() is None
    assert stat.S_IMODE((folder / "site.lock").stat().st_mode) == 0o600


def test_a_demo_does_not_replace_a_site(site):
    done = run("demo", "--folder", site)
    assert done.returncode == 73
    assert "sendprofile-site serve --folder" in done.stderr


def test_archives_are_imported_twice_and_served(tmp_path, data):
    folder = tmp_path / "site"
    first, again = (run("import-mbox", data, "--folder", folder) for _ in range(2))
    assert first.returncode == again.returncode == 0, first.stderr
    assert "garden: 1 messages, 1 new" in first.stdout
    assert "garden: 1 messages, 0 new" in again.stdout
    assert "the site reports on 2025-04" in first.stdout
    assert "Run sendprofile with --period 2025-04" in first.stdout
    assert f"The site is in {folder}. To serve it:" in first.stdout
    with running("serve", "--folder", folder, folder=tmp_path) as (_, ready):
        assert (ready["period"], ready["members"]) == ("2025-04", 1)
        token = token_of(ready["config"])
        (member,) = ask(ready, "/gs-profile-status-members.html", token=token, get="")
        reply = ask(
            ready, "/gs-profile-status-send.html", token=token, send="Send", profileId=member
        )
    assert reply["status"] == 0
    (mail,) = (folder / "Maildir/new").iterdir()
    assert "corp.example" not in mail.read_text()
    assert "r lists" in mail.read_text()


def test_a_demo_of_real_archives_keeps_no_name_and_no_address(tmp_path, data):
    folder = tmp_path / "site"
    with running("demo", "--folder", folder, "--data", data, folder=tmp_path):
        pass
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"Who would like some tea?" in kept
    assert b"corp.example" not in kept
    assert b"Lacasse" not in kept


def test_lists_without_latin_letters_are_separate_groups(tmp_path):
    names = ["日本", "中文", "Русский"]
    (tmp_path / "archives").mkdir()
    for number, name in enumerate(names):
        text = MBOX.replace("[garden] ", "").replace("<1@", f"<{number}@")
        (tmp_path / "archives" / f"{name}.mbox").write_text(text)
    assert run("import-mbox", tmp_path / "archives", "--folder", tmp_path / "site").returncode == 0
    with sqlite3.connect(tmp_path / "site" / "site.sqlite3") as database:
        rows = database.execute('SELECT group_id, title FROM "group"').fetchall()
    database.close()
    assert sorted(title for _, title in rows) == sorted(names)
    assert len({group_id for group_id, _ in rows}) == 3


@pytest.mark.parametrize("fault", ["cut", "wrong sum"])
def test_a_broken_compressed_archive_is_reported_in_a_line(tmp_path, fault):
    (tmp_path / "archives").mkdir()
    whole = gzip.compress(MBOX.encode() * 5000)
    part = whole[: len(whole) // 2] if fault == "cut" else whole[:-8] + b"\0\0\0\0" + whole[-4:]
    (tmp_path / "archives" / "garden.mbox.gz").write_bytes(part)
    done = run("import-mbox", tmp_path / "archives", "--folder", tmp_path / "site")
    assert done.returncode == 65
    assert "garden.mbox.gz: the compressed file is broken; get it again." in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_option_to_keep_addresses_keeps_them(tmp_path, data):
    folder = tmp_path / "site"
    run("import-mbox", data, "--folder", folder, "--keep-addresses")
    with sqlite3.connect(folder / "site.sqlite3") as database:
        rows = database.execute("SELECT name, email FROM person JOIN user_email USING (user_id)")
        assert rows.fetchall() == [("Jane Lacasse", "jane@corp.example")]
    database.close()


def test_the_period_option_sets_the_period(tmp_path, site):
    with running("serve", "--folder", site, "--period", "2024-12", folder=tmp_path) as (_, ready):
        assert ready["period"] == "2024-12"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 64, "usage:"),
        (["nosuch"], 64, "usage:"),
        (["demo", "--port", "x"], 64, "usage:"),
        (["import-mbox"], 64, "usage:"),
        (["serve", "--folder", "{tmp}/none"], 66, "There is no site in"),
        (["serve", "--folder", "{tmp}/site", "--period", "May"], 64, "YYYY-MM"),
        (["serve", "--folder", "{tmp}/site", "--period", "0001-01"], 64, "YYYY-MM"),
        (["preview", "x", "--folder", "{tmp}/site", "--period", "0001-01"], 64, "YYYY-MM"),
        (["import-mbox", "{tmp}/none", "--folder", "{tmp}/new"], 66, "no archive to import"),
        (["import-mbox", "{tmp}/empty", "--folder", "{tmp}/new"], 66, "no archive to import"),
        (
            ["import-mbox", "{tmp}/our lists", "--folder", "{tmp}/file"],
            73,
            "exists already",
        ),
        (
            ["import-mbox", "{tmp}/our lists", "--folder", "/dev/null/x"],
            74,
            "Not a directory",
        ),
        (
            ["serve", "--port", "80000"],
            64,
            "'80000' is not a port, a whole number from 0 to 65535",
        ),
        (["serve", "--port", "-1"], 64, "'-1' is not a port"),
        (
            ["serve", "--folder", "{tmp}/site", "--unix", "x", "--port", "0"],
            64,
            "Give --unix, or",
        ),
        (
            ["serve", "--folder", "{tmp}/site", "--unix", "x", "--host", "::1"],
            64,
            "Give --unix, or",
        ),
        (
            ["serve", "--folder", "{tmp}/site", "--host", "nosuch.invalid"],
            69,
            "Cannot listen",
        ),
        (["serve", "--folder", "{tmp}/site", "--port", "{used_port}"], 69, "--port"),
        (["serve", "--folder", "{tmp}/broken"], 74, "The database"),
    ],
)
@pytest.mark.usefixtures("data", "site")
def test_a_usage_error_is_reported_in_a_line_or_two(tmp_path, arguments, code, message):
    for name in ("empty", "broken"):
        (tmp_path / name).mkdir()
    (tmp_path / "broken/site.toml").touch()
    (tmp_path / "broken/site.sqlite3").write_bytes(b"no database" * 100)
    (tmp_path / "file").touch()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        values = {"tmp": tmp_path, "used_port": listener.getsockname()[1]}
        done = run(*(argument.format(**values) for argument in arguments), cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    if code != 64:
        assert len(output_lines(done.stderr)) == 1


def test_a_failed_import_creates_no_site(tmp_path):
    run("import-mbox", tmp_path, "--folder", tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_the_version_is_that_of_the_distribution():
    with started("-V") as process:
        stdout, stderr = process.communicate(timeout=LIMIT)
    assert (process.returncode, stderr) == (0, "")
    assert stdout.startswith("sendprofile-site 2.")


@pytest.mark.parametrize("name", ["sqlalchemy", "python_multipart"])
def test_a_missing_extra_is_reported_with_the_command_to_install_it(name):
    program = (
        f"import sys; sys.modules[{name!r}] = None\n"
        "from gs.profile.status.site.cli import main\n"
        "sys.exit(main(['demo']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.returncode == 1
    assert f"packages than the sender: run\n{sys.executable} -m pip install " in done.stderr
    assert done.stderr.rstrip("\n'").endswith("[site]")
    assert "Traceback" not in done.stderr


def test_the_help_needs_no_extra():
    program = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "from gs.profile.status.site.cli import main\n"
        "main(['demo', '--help'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.returncode == 0
    assert "--data" in done.stdout


def test_a_stopped_import_prints_nothing_and_can_be_repeated(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    with (data / "g.mbox").open("w") as stream:
        stream.writelines(MBOX.replace("<1@", f"<{number}@") for number in range(4_000))
    process = subprocess.Popen(
        [SITE, "import-mbox", data, "--folder", tmp_path / "site"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    database = tmp_path / "site/site.sqlite3"
    wait_until(lambda: database.exists() and database.stat().st_size)
    time.sleep(0.3)  # somewhere in the middle; the exact place does not matter
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=LIMIT)
    assert (process.returncode, stderr) == (130, b"")
    assert run("import-mbox", data, "--folder", tmp_path / "site").returncode == 0
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM post").fetchone() == (4_000,)
    connection.close()


def test_the_demo_script_completes_and_stops_its_processes(tmp_path):
    folder = tmp_path / "demo"
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/demo.py", "--folder", folder],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    assert "53  sent, by the site's audit trail; 53 e-mails are in its Maildir" in done.stdout
    for name in ("notification.txt", "notification.html", "page.html"):
        assert (folder / "preview" / name).stat().st_size > 1_000
    ready = json.loads((folder / "ready.json").read_text())
    with pytest.raises(OSError, match="refused"):
        ask(ready, "/")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_demo_script_stops_its_processes(tmp_path, number):
    folder = tmp_path / "demo"
    process = subprocess.Popen(
        [sys.executable, ROOT / "scripts/demo.py", "--folder", folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until((folder / "ready.json").exists)
    # The run cannot end before the signal, because nothing can be recorded.
    database = sqlite3.connect(folder / "site" / "site.sqlite3", LIMIT, isolation_level=None)
    with closing(database):
        database.execute("BEGIN IMMEDIATE")
        for line in process.stdout:
            if "Sending status" in line:
                break
        # As a terminal does: to the whole group for Control-C, to the process for a kill.
        os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    _, stderr = process.communicate(timeout=LIMIT)
    assert process.returncode in {130, 143}, stderr
    assert "Traceback" not in stderr
    ready = json.loads((folder / "ready.json").read_text())
    with pytest.raises(OSError, match="refused"):
        ask(ready, "/")


def test_an_invalid_archive_is_an_error(tmp_path, data):
    (data / "choir.mbox.gz").write_bytes(b"<!doctype html><title>Sign in</title>")
    (data / "notes.txt").write_text("Nothing\n")
    done = run("import-mbox", data, "--folder", tmp_path / "site", "--keep-addresses")
    assert done.returncode == 65
    assert "garden: 1 messages, 1 new" in done.stdout
    assert "notes.txt" in done.stdout
    first, second, third = output_lines(done.stderr)
    assert first.startswith("sendprofile-site: choir.mbox.gz: not an archive")
    assert "site had no site, so a new one was created" in second
    assert third.startswith("sendprofile-site: 1 of the files could not be imported")


@pytest.mark.parametrize(("name", "code"), [("choir.mbox.gz", 65), ("choir.mbox", 0)])
def test_an_empty_archive_is_accepted_unless_compressed(tmp_path, data, name, code):
    (data / name).write_bytes(b"")
    done = run("import-mbox", data, "--folder", tmp_path / "site")
    assert done.returncode == code
    assert (name in done.stdout, name in done.stderr) == (code == 0, code != 0)


def test_a_group_without_latin_letters_is_printed_with_its_id(tmp_path, data):
    (data / "garden.mbox").rename(data / "合唱団.mbox")
    done = run("import-mbox", data, "--folder", tmp_path / "site")
    assert re.match(r"合唱団 \(group-[0-9a-f]{8}\): 1 messages, 1 new\n", done.stdout)
