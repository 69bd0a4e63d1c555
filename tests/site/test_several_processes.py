# SPDX-License-Identifier: MIT
"""Two processes serve one site with PostgreSQL: one of them sends each notification."""

from random import Random

import psycopg
import pytest

from limits import LIMIT
from torture.mail_server import RestartableMailServer
from torture.real_site import PERIOD, RealSite
from torture.real_trial import SiteSetup, real_site
from torture.rounds import Rounds
from torture.sender import Sender
from torture.trial import Trial

OPTIONS = ("--patience", str(LIMIT), "--period", PERIOD)
MEMBERS = 120


@pytest.fixture
def url(postgresql):
    with postgresql.database() as url:
        yield url


@pytest.fixture
def mail_server():
    with RestartableMailServer() as mail_server:
        yield mail_server


def sent(run):
    return run["counts"]["sent"]["total"]


def test_two_processes_share_a_run_and_mail_each_member_once(url, mail_server, tmp_path):
    with RealSite(tmp_path, MEMBERS, url, mail_server, processes=2) as site:
        sender = Sender(site.url, site.config, tmp_path / "ledger", "16", OPTIONS)
        account = Rounds(sender, site, Random(1)).run(0)
        assert account.broken_promises(site, 0) == []
        assert site.audited() == len(site.to_mail)
    assert len(by_worker(url)) == 2
    assert min(by_worker(url)) > MEMBERS / 20


def by_worker(url):
    with psycopg.connect(url) as database:
        query = "SELECT count(*) FROM idempotency_key GROUP BY worker"
        return [number for (number,) in database.execute(query)]


def test_two_senders_with_the_same_keys_mail_each_member_once(url, mail_server, tmp_path):
    with RealSite(tmp_path, MEMBERS, url, mail_server, processes=2) as site:
        senders = [
            Sender(one.url, site.config, tmp_path / f"ledger-{number}", "16", OPTIONS)
            for number, one in enumerate(site.running)
        ]
        mail_server.slow(0.05)  # so that each sender repeats calls of the other
        processes = [sender.start() for sender in senders]
        output = [process.communicate(timeout=LIMIT)[0] for process in processes]
        assert [process.returncode for process in processes] == [0, 0], output
        assert site.mailed == dict.fromkeys(site.to_mail, 1)
        assert [sent(sender.status()) for sender in senders] == [MEMBERS, MEMBERS]
        assert site.audited() == MEMBERS


def test_a_killed_process_mails_no_member_twice(url, tmp_path):
    trial = Trial(300, "16", disruptions=3, options=("--patience", "2"))
    result = real_site(trial, tmp_path, Random(5), SiteSetup(url, processes=2))
    assert result.broke == []
    assert result.disruptions == trial.disruptions
    assert result.account.unknown
