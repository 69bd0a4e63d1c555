# SPDX-License-Identifier: MIT
"""The environment of every test."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from limits import LIMIT


def test_the_environment_has_no_proxy_and_no_authority(clean_environment):
    assert [name for name in os.environ if name.lower().endswith("_proxy")] == []
    assert not {"SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"} & set(os.environ)
    assert [name for name in os.environ if name.startswith("XDG_")] == []
    assert Path.home() == clean_environment


def test_the_tests_pass_with_ignored_signals_as_under_nohup():
    def ignore():
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)

    tests = Path(__file__).parents[1]
    chosen = [tests / "send" / "test_signals.py", "-k", "stops_a_run_that_waits_for_the_list"]
    options = ["-n", "1", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *chosen],
        cwd=tests.parent,
        preexec_fn=ignore,
        capture_output=True,
        text=True,
        timeout=3 * LIMIT,
        check=False,
    )
    assert "3 passed" in done.stdout, done.stdout


def test_nothing_listens_at_the_free_port(free_port):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", free_port))
