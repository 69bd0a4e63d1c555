# SPDX-License-Identifier: MIT
"""A command that cannot work reports the reason in one line, with its own exit code."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from embedded.commands import copied, run
from gs.profile.status.site.commands.common import CommandError, command_errors
from gs.profile.status.site.instance.folder import folder_locked
from limits import LIMIT

COMMANDS = (["serve"], ["doubts"], ["preview", "x"], ["token"])


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory):
    site = tmp_path_factory.mktemp("empty_site") / "site"
    assert run("init", "--folder", site).returncode == 0
    return site


@pytest.fixture
def folder(empty_site, tmp_path):
    return copied(empty_site, tmp_path)


def only_line(done, code):
    """Return the only line that a command printed."""
    assert done.returncode == code, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    return line


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE sendprofile_site_version SET version_num = '9999'", "has version 9999"),
        ("DROP TABLE sendprofile_site_version", "but not their version"),
    ],
)
def test_a_database_of_another_version_is_reported(folder, command, statement, says):
    with closing(sqlite3.connect(folder / "site.sqlite3")) as database, database:
        database.execute(statement)
    line = only_line(run(*command, "--folder", folder), 78)
    assert line.startswith("sendprofile-site: The database ")
    assert says in line


def test_a_missing_postgresql_library_is_reported(tmp_path):
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from gs.profile.status.site.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = ("init", "--folder", tmp_path / "site", "--database", "postgresql://u@localhost/n")
    done = subprocess.run(
        [sys.executable, "-c", program, *command],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert only_line(done, 78).startswith(
        "sendprofile-site: The database: PostgreSQL needs psycopg: "
        f"run {sys.executable} -m pip install "
    )


@pytest.mark.parametrize("command", [["init"], ["demo"], ["import-mbox", "."]], ids=" ".join)
def test_a_site_being_created_by_another_process_is_reported(tmp_path, command):
    folder = tmp_path / "site"
    folder.mkdir()
    (tmp_path / "garden.mbox").write_text("From a@b.example Sun Apr  6 11:55:11 2025\nTo: x\n\n")
    with folder_locked(folder / "site.lock"):
        done = run(*command, "--folder", folder, cwd=tmp_path)
    line = f"sendprofile-site: Another sendprofile-site is creating the site in {folder}."
    assert only_line(done, 73) == line


def test_an_invalid_file_of_authorities_is_reported(folder):
    mail = "[mail]\nto = 'smtp'\nhost = 'localhost'\nca-file = 'authority.pem'\n"
    (folder / "site.toml").write_text(mail)
    (folder / "authority.pem").write_text("no certificate")
    assert only_line(run("serve", "--folder", folder), 78) == (
        f"sendprofile-site: {folder}/site.toml: [mail] ca-file: {folder}/authority.pem "
        "is no PEM file."
    )


def test_an_os_error_without_a_system_message_is_reported_with_its_text():
    with pytest.raises(CommandError, match=r"^The site: no room\.$") as caught, command_errors():
        raise OSError("no room")
    assert caught.value.code == os.EX_IOERR


def test_a_missing_database_variable_does_not_create_a_new_site(tmp_path, postgresql, template):
    folder = tmp_path / "site"
    with postgresql.database(template) as url:
        env = {**os.environ, "SENDPROFILE_SITE_DATABASE": url}
        assert run("init", "--folder", folder, env=env).returncode == 0
        assert run("doubts", "--folder", folder, env=env).returncode == 0
        for command in COMMANDS:
            line = only_line(run(*command, "--folder", folder), 78)
            assert "If SENDPROFILE_SITE_DATABASE named the database when the site was" in line
            assert not (folder / "site.sqlite3").exists()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_emptied_database_is_not_used_as_a_new_one(folder, command):
    for file in folder.glob("site.sqlite3*"):
        file.write_bytes(b"")
    assert "site.sqlite3 is missing or empty." in only_line(run(*command, "--folder", folder), 78)
