# SPDX-License-Identifier: MIT
"""The promise under kills and faults: no member is mailed twice, and none is missed."""

from random import Random

import pytest

from limits import LIMIT
from servers.deaths import HTTP1
from torture.trial import Trial, counting_site

#: Without keys, all calls in flight at a disruption are unknown, so --max-unknown is off.
_ON = ("--patience", str(LIMIT), "--max-unknown", "0")
_ONE = Trial(300, "1", kills=8)
_MANY = Trial(2_000, "64", kills=8)
_AUTO = Trial(800, "auto", kills=8)


def _name(trial):
    return f"-j {trial.jobs}"


def _check(result, trial):
    assert result.broke == []
    # Near its end, a run may complete before a kill.
    assert result.account.kills >= trial.kills * 3 // 4
    assert result.disruptions == trial.disruptions


@pytest.mark.parametrize("trial", [_ONE, _MANY, _AUTO], ids=_name)
def test_a_killed_run_mails_no_member_twice(tmp_path, trial):
    result = counting_site(trial, tmp_path, Random(trial.members), honours_keys=False)
    _check(result, trial)
    assert result.account.unknown


@pytest.mark.parametrize("trial", [_ONE, _MANY], ids=_name)
def test_a_killed_run_with_keys_mails_every_member_once(tmp_path, trial):
    result = counting_site(trial, tmp_path, Random(trial.members), honours_keys=True)
    _check(result, trial)


@pytest.mark.parametrize(
    ("honours_keys", "trial"),
    [
        (False, Trial(2_000, "64", disruptions=5, options=_ON)),
        (True, Trial(2_000, "64", disruptions=5)),
    ],
    ids=["without keys", "with keys"],
)
def test_a_restarting_site_mails_every_member(tmp_path, honours_keys, trial):
    result = counting_site(trial, tmp_path, Random(3), honours_keys=honours_keys)
    _check(result, trial)
    assert bool(result.account.unknown) == (not honours_keys)


@pytest.mark.parametrize(
    ("honours_keys", "trial"),
    [
        (False, Trial(2_000, "64", fault_share=0.05, options=_ON)),
        (True, Trial(1_000, "64", fault_share=0.03)),
    ],
    ids=["without keys", "with keys"],
)
def test_a_run_completes_with_every_fault(tmp_path, honours_keys, trial):
    result = counting_site(trial, tmp_path, Random(4), honours_keys=honours_keys)
    _check(result, trial)
    assert set(HTTP1) <= set(result.faults)


def test_kills_restarts_and_faults_mail_no_member_twice(tmp_path):
    trial = Trial(2_000, "64", kills=6, disruptions=4, fault_share=0.02, options=_ON)
    result = counting_site(trial, tmp_path, Random(6), honours_keys=False)
    _check(result, trial)


def test_kills_restarts_and_faults_with_keys_mail_every_member_once(tmp_path):
    trial = Trial(1_500, "64", kills=6, disruptions=4, fault_share=0.01)
    result = counting_site(trial, tmp_path, Random(7), honours_keys=True)
    _check(result, trial)
