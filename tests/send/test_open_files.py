# SPDX-License-Identifier: MIT
"""The limit of open files is raised for the connections, or the run does not begin."""

import shlex
import subprocess

import pytest

from gs.profile.status.send.run.adaptive import MAX_IN_FLIGHT
from limits import LIMIT


@pytest.fixture
def limited(sendprofile, ledger):
    """Return a function that runs the command under limits of ulimit(1)."""

    def run(limits, *argv):
        words = shlex.join([*sendprofile.words, "--ledger", str(ledger), *map(str, argv)])
        command = f"{limits}; exec {words}"
        return subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=LIMIT,
        )

    return run


def test_the_soft_limit_is_raised_to_what_the_jobs_need(groupserver, limited):
    site = groupserver(members=[f"u{number}" for number in range(300)])
    done = limited("ulimit -Sn 100", "-j", 300, site.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(site.mailed.values()) == {1}
    assert site.connections > 100


def test_too_low_a_hard_limit_is_an_error(groupserver, limited, ledger):
    site = groupserver(members=["u"])
    done = limited("ulimit -n 200", "-j", 300, site.url)
    assert done.returncode == 64
    assert done.stderr == (
        "-j 300 needs 364 open files, but the limit is 200.\n"
        "Use a lower number, or raise the limit with ulimit -n.\n"
    )
    assert not site.requests
    assert not ledger.exists()


@pytest.mark.parametrize("files", [80, MAX_IN_FLIGHT])
def test_auto_stays_within_the_hard_limit(groupserver, limited, files):
    site = groupserver(members=[f"u{number}" for number in range(300)])
    done = limited(f"ulimit -n {files}", "-j", "auto", site.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(site.mailed) == 300
