# SPDX-License-Identifier: MIT
"""The promise with our own site on the other end, its mails counted at the mail server."""

from random import Random

import pytest

from torture.mail_server import TROUBLE
from torture.real_trial import Ours, real_site
from torture.trial import Trial


def _check(result, trial):
    assert result.broke == []
    # Near its end a run may be done before it is killed.
    assert result.account.kills >= trial.kills * 3 // 4
    assert result.blows == trial.blows


@pytest.mark.parametrize(("kind", "jobs"), [("sqlite", "1"), ("postgresql", "16")])
def test_a_killed_sender_mails_every_member_once(tmp_path, database, kind, jobs):
    trial = Trial(100 if jobs == "1" else 200, jobs, kills=4)
    result = real_site(trial, tmp_path, Random(1), Ours(database(kind)))
    _check(result, trial)
    assert not result.account.unknown


@pytest.mark.parametrize(("kind", "jobs"), [("sqlite", "16"), ("postgresql", "auto")])
def test_a_killed_site_mails_no_member_twice(tmp_path, database, kind, jobs):
    trial = Trial(200, jobs, blows=2, options=("--patience", "2"))
    result = real_site(trial, tmp_path, Random(2), Ours(database(kind)))
    _check(result, trial)


def test_a_killed_site_with_a_maildir_mails_every_member_once(tmp_path):
    trial = Trial(200, "8", kills=3, blows=2)
    result = real_site(trial, tmp_path, Random(3), Ours(mail="maildir"))
    _check(result, trial)
    assert not result.account.unknown


def test_a_faulty_mail_server_mails_no_member_twice(tmp_path):
    trial = Trial(200, "8", blows=1 + len(TROUBLE), options=("--patience", "2"))
    result = real_site(trial, tmp_path, Random(4), Ours(struck="mail"))
    _check(result, trial)
    assert len(result.account.unknown) >= 3
