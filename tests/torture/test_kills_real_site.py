# SPDX-License-Identifier: MIT
"""The promise with the real site: mails are counted at the mail server or in the Maildir."""

from random import Random

import pytest

from torture.mail_server import MAIL_FAULTS
from torture.real_trial import SiteSetup, real_site
from torture.trial import Trial


def _check(result, trial):
    assert result.broke == []
    # Near its end, a run may complete before a kill.
    assert result.account.kills >= trial.kills * 3 // 4
    assert result.disruptions == trial.disruptions


@pytest.mark.parametrize(("kind", "jobs"), [("sqlite", "1"), ("postgresql", "16")])
def test_a_killed_sender_mails_every_member_once(tmp_path, database, kind, jobs):
    trial = Trial(100 if jobs == "1" else 200, jobs, kills=4)
    result = real_site(trial, tmp_path, Random(1), SiteSetup(database(kind)))
    _check(result, trial)
    assert not result.account.unknown


@pytest.mark.parametrize(("kind", "jobs"), [("sqlite", "16"), ("postgresql", "auto")])
def test_a_killed_site_mails_no_member_twice(tmp_path, database, kind, jobs):
    trial = Trial(200, jobs, disruptions=2, options=("--patience", "2"))
    result = real_site(trial, tmp_path, Random(2), SiteSetup(database(kind)))
    _check(result, trial)


def test_a_killed_site_with_a_maildir_mails_every_member_once(tmp_path):
    trial = Trial(200, "8", kills=3, disruptions=2)
    result = real_site(trial, tmp_path, Random(3), SiteSetup(mail="maildir"))
    _check(result, trial)
    assert not result.account.unknown


def test_a_faulty_mail_server_mails_no_member_twice(tmp_path):
    trial = Trial(200, "8", disruptions=1 + len(MAIL_FAULTS), options=("--patience", "2"))
    result = real_site(trial, tmp_path, Random(4), SiteSetup(disrupted="mail"))
    _check(result, trial)
    assert len(result.account.unknown) >= 3
