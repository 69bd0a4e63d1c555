# SPDX-License-Identifier: MIT
import os
import signal
import sqlite3
import stat
import subprocess
from contextlib import closing, suppress

import pytest

from embedded.commands import SITE, run
from gs.profile.status.site.instance.create import create_site
from gs.profile.status.site.instance.folder import SiteFolder
from gs.profile.status.site.store.database import open_database
from gs.profile.status.site.store.groups import find_groups, find_sites
from gs.profile.status.site.store.options import Option, read_option
from limits import LIMIT, wait_until

# The message of Python for an ignored Control-C during the import of a module.
IGNORED = b"Exception ignored in"
DESCRIBED = (
    "--title",
    "Our groups",
    "--url",
    "https://groups.example.org/",
    "--support",
    "help@example.org",
    "--group",
    "garden=The garden",
    "--group",
    "choir=Choir = singing",
)


def token_of(folder):
    return (folder / "gsconfig.ini").read_text().partition("token = ")[2].strip()


def rows(folder, query):
    with closing(sqlite3.connect(folder / "site.sqlite3")) as database:
        return database.execute(query).fetchall()


def test_init_creates_a_complete_site(tmp_path):
    folder = tmp_path / "site"
    done = run("init", "--folder", folder, *DESCRIBED)
    assert (done.returncode, done.stderr) == (0, "")
    assert {file.name for file in folder.iterdir()} == {
        "gsconfig.ini",
        "site.lock",
        "site.sqlite3",
        "site.toml",
    }
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert rows(folder, "SELECT title, url, support_email FROM site") == [
        ("Our groups", "https://groups.example.org", "help@example.org")
    ]
    assert rows(folder, 'SELECT group_id, title, email FROM "group" ORDER BY 1') == [
        ("choir", "Choir = singing", "choir@groups.example.org"),
        ("garden", "The garden", "garden@groups.example.org"),
    ]
    ((token,),) = rows(folder, "SELECT value FROM option WHERE option_id = 'authToken'")
    assert token_of(folder) == token
    assert token not in done.stdout
    for command in ("import-people", "import-mbox", "preview", "serve", "sendprofile -v -c"):
        assert command in done.stdout


def test_init_does_not_change_an_existing_site(tmp_path):
    folder = tmp_path / "site"
    run("init", "--folder", folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    done = run("init", "--folder", folder)
    assert done.returncode == 73
    assert done.stderr == (
        f"sendprofile-site: {folder} has a site already, which is unchanged. To create another "
        "site, or one with another database, name another --folder.\n"
    )
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


@pytest.mark.parametrize("name", ["gsconfig.ini", "site.sqlite3"])
def test_init_does_not_replace_other_files(tmp_path, name):
    folder = SiteFolder(tmp_path)
    (tmp_path / name).write_text("mine")
    with pytest.raises(FileExistsError):
        create_site(folder, lambda _connection: None)
    done = run("init", "--folder", tmp_path)
    assert (done.returncode, done.stderr) == (
        73,
        f"sendprofile-site: {tmp_path / name} exists already.\n",
    )
    assert (tmp_path / name).read_text() == "mine"
    assert not folder.unfinished.exists()


@pytest.mark.parametrize("stage", ["fill", "site.sqlite3", "site.toml"])
def test_an_interrupted_init_creates_no_site_and_can_be_repeated(tmp_path, stage):
    folder = tmp_path / "site"
    program = f"""
import os, pathlib
from gs.profile.status.site.instance.folder import SiteFolder
from gs.profile.status.site.instance.create import create_site
def die(*_): os._exit(9)
if {stage!r} != "fill":
    replace = pathlib.Path.replace
    def once(self, target):
        replace(self, target)
        if self.name == {stage!r}: die()
    pathlib.Path.replace = once
fill = die if {stage!r} == "fill" else lambda c: None
create_site(SiteFolder(pathlib.Path({str(folder)!r})), fill)
"""
    assert subprocess.run([SITE.with_name("python"), "-c", program], check=False).returncode == 9
    assert (folder / "site.sqlite3").exists() == (stage != "fill")
    done = run("serve", "--folder", folder)
    assert done.returncode == 66
    assert "is incomplete" in done.stderr
    assert run("init", "--folder", folder).returncode == 0
    assert not (folder / ".unfinished").exists()
    ((token,),) = rows(folder, "SELECT value FROM option WHERE option_id = 'authToken'")
    assert token_of(folder) == token
    assert run("doubts", "--folder", folder).returncode == 0


@pytest.mark.parametrize("way", ["option", "environment"])
def test_a_site_may_be_in_postgresql_and_a_second_folder_joins_it(
    tmp_path, postgresql, template, way
):
    with postgresql.database(template) as url:
        options = ("--database", url) if way == "option" else ()
        environment = {**os.environ, "SENDPROFILE_SITE_DATABASE": url}
        env = environment if way == "environment" else None
        one, other = tmp_path / "one", tmp_path / "other"
        assert run("init", "--folder", one, *options, *DESCRIBED, env=env).returncode == 0
        joined = run("init", "--folder", other, *options, env=env)
        assert (joined.returncode, joined.stderr) == (0, "")
        first = "Joined the site Our groups at https://groups.example.org."
        assert joined.stdout.splitlines()[0] == first
        assert "Without --url" not in joined.stdout
        assert not (one / "site.sqlite3").exists()
        assert token_of(one) == token_of(other)
        assert (url in (one / "site.toml").read_text()) == (way == "option")
        engine = open_database(url)
        with engine.connect() as connection:
            assert read_option(connection, Option.TOKEN) == token_of(one)
            assert [site.title for site in find_sites(connection)] == ["Our groups"]
            assert len(find_groups(connection)) == 2
        engine.dispose()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--url", "groups.example.org"], 64, "--url: 'groups.example.org' is not a URL"),
        (["--support", "me"], 64, "--support: 'me' is not an e-mail address: it has no @."),
        (["--support", "help@my_host.example.org"], 64, "address: its domain may have letters"),
        (["--support", "help@localhost"], 64, "address: its domain has no dot."),
        (["--support", "küche@example.org"], 64, "--support: only ASCII is allowed before the @"),
        (["--group", "garden"], 64, "--group: 'garden' is not of the form ID=TITLE"),
        (["--group", "a b=Title"], 64, "not of the form ID=TITLE"),
        (["--group", "g= "], 64, "not of the form ID=TITLE"),
        (["--group", "g=A", "--group", "g=B"], 64, "--group: an ID is given twice"),
        (["--database", "mysql://x"], 64, "postgresql://USER@HOST/NAME"),
        (["--database", "postgresql://u@127.0.0.1:1/n"], 74, "The database: "),
        (["--database", "postgresql://u:hidden@127.0.0.1:1/n"], 64, "~/.pgpass"),
        (["--database", "postgresql://127.0.0.1:1/n?password=hidden"], 64, "SITE_DATABASE in the"),
        (["--folder", "/dev/null/x"], 74, "Not a directory"),
    ],
)
def test_an_init_error_is_reported_and_creates_no_site(tmp_path, arguments, code, message):
    done = run("init", *arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "hidden" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not SiteFolder(tmp_path / "site").has_site


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://groups.example.org", True),
        ("https://groups.example.org", False),
        ("http://localhost:8080", False),
        ("http://127.0.0.1", False),
        ("http://[::1]:8080", False),
    ],
)
def test_a_site_url_without_tls_causes_a_warning(tmp_path, url, warned):
    done = run("init", "--folder", tmp_path / "site", "--url", url)
    assert done.returncode == 0
    assert ("only with https" in done.stderr) == warned
    assert bool(done.stderr) == warned


def test_a_new_site_files_its_mails_and_prints_where(tmp_path):
    done = run("init", "--folder", ".", cwd=tmp_path)
    assert f"This is a trial: the e-mails go into {tmp_path}/Maildir until" in done.stdout
    assert f"gsconfig.ini, both in {tmp_path}." in done.stdout
    assert "Without --url" in done.stdout
    assert "Joined" not in done.stdout


def test_invalid_settings_are_reported_in_a_line(tmp_path):
    folder = tmp_path / "site"
    run("init", "--folder", folder)
    (folder / "site.toml").write_text("[mail]\nto = 'post'\n")
    for command in (["serve"], ["doubts"], ["preview", "x"], ["token"]):
        done = run(*command, "--folder", folder)
        assert (done.returncode, len(done.stderr.splitlines())) == (78, 1)
        assert "site.toml: [mail] to must be one of" in done.stderr


def test_a_readable_secret_causes_a_warning(tmp_path):
    folder = tmp_path / "site"
    run("init", "--folder", folder)
    (folder / "site.toml").write_text("[mail]\nuser = 'u'\npassword = 'hidden'\n")
    assert run("doubts", "--folder", folder).stderr == ""
    (folder / "site.toml").chmod(0o644)
    done = run("doubts", "--folder", folder)
    assert f"chmod o= {folder}/site.toml" in done.stderr
    assert "hidden" not in done.stderr


def test_a_closed_output_pipe_is_not_an_error(tmp_path):
    process = subprocess.Popen(
        [SITE, "init", "--folder", tmp_path / "site"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    _, stderr = process.communicate(timeout=LIMIT)
    assert (process.returncode, stderr) == (0, b"")


@pytest.mark.parametrize("seconds", [0.02, 0.1, 0.2, 0.4, 0.8])
def test_control_c_causes_no_traceback(tmp_path, seconds):
    log = tmp_path / "stderr"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [SITE, "demo", "--folder", tmp_path / "site"],
            stdout=subprocess.DEVNULL,
            stderr=output,
        )
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.send_signal(signal.SIGINT)
    wait_until(lambda: process.poll() is not None or IGNORED in log.read_bytes())
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    code, stderr = process.wait(LIMIT), log.read_bytes()
    if code in {0, 130} and IGNORED not in stderr:
        assert stderr == b""
    else:  # before the first line of our code
        assert b"in main" not in stderr
