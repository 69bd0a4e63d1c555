# SPDX-License-Identifier: MIT
"""Fixtures for all tests: servers, a clean environment, a free port."""

import contextlib
import itertools
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import gs.profile.status.hooks
from servers.authority import Authority
from servers.groupserver import GroupServer
from servers.postgres import Postgres, postgres
from servers.proxy import Proxy

# On a slow machine, generating and running an example may take long.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

#: Files whose tests take many seconds each.
LONG = ("tests/torture/", "tests/site/test_several_processes.py")


def pytest_configure(config: pytest.Config) -> None:
    """Let signals end the programs that the tests start, also under nohup(1) and after ``&``.

    There this process ignores some signals. A program that it starts inherits an ignored signal
    but no handler, so each of these signals gets a handler that does nothing. The process that
    only starts the workers of pytest-xdist still ignores them, and the workers inherit that.
    """
    source = Path(gs.profile.status.hooks.__file__)
    if not source.is_relative_to(config.rootpath / "src"):
        pytest.exit(f"The tests would test {source.parents[4]}, and not this checkout.")
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)


def pytest_xdist_auto_num_workers() -> int:
    """Return the number of workers for ``-n auto``: two per core, because a test mostly waits."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put some of the longest tests first on each worker, so that none of them runs last.

    ``--dist worksteal`` gives each worker a part of the list, in order. Tests of one file that
    share an installation stay together.
    """
    number = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    first: list[list[pytest.Item]] = [[] for _ in range(number)]
    rest = []
    turns = itertools.cycle(first[1:] or first)
    for item in items:
        if item.nodeid.startswith("tests/test_pages.py"):
            first[0].append(item)
        elif item.nodeid.startswith(LONG):
            next(turns).append(item)
        else:
            rest.append(item)
    ordered = []
    for count, long in zip(range(number, 0, -1), first, strict=True):
        share = max(0, (len(items) - len(ordered)) // count - len(long))
        ordered += [*long, *rest[:share]]
        del rest[:share]
    items[:] = [*ordered, *rest]


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test its own home folder, without proxies and authorities; return the folder."""
    home = tmp_path / "home"
    home.mkdir()
    for name in list(os.environ):
        lowered = name.lower()
        if lowered.endswith("_proxy") or lowered.startswith(("xdg_", "ssl_cert_", "curl_")):
            monkeypatch.delenv(name)
    for name in ("INSTANCE_HOME", "STATE_DIRECTORY", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture
def groupserver() -> Iterator[Callable[..., GroupServer]]:
    """Return a function that starts a site, with GroupServer's arguments."""
    with contextlib.ExitStack() as sites:

        def start(**options: Any) -> GroupServer:
            return sites.enter_context(GroupServer(**options))

        yield start


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return a private certificate authority."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgres]:
    """Return a PostgreSQL server."""
    with postgres() as server:
        yield server


@pytest.fixture
def free_port() -> Iterator[int]:
    """Return a port of 127.0.0.1 that nothing listens on and that no other test gets."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Proxy]]:
    """Return a function that starts a forward proxy, with Proxy's arguments but the folder."""
    with contextlib.ExitStack() as proxies:

        def start(**options: Any) -> Proxy:
            return proxies.enter_context(Proxy(tmp_path_factory.mktemp("proxy"), **options))

        yield start
