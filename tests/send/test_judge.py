# SPDX-License-Identifier: MIT
"""Every result of a call has exactly one verdict, and no text of it has the token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.hooks import write_refusal, write_reply
from gs.profile.status.send.run.judge import judge
from gs.profile.status.send.run.model import (
    Answer,
    Attempt,
    Claim,
    MemberId,
    NoAnswer,
    StopCause,
    Verdict,
)
from gs.profile.status.send.text import Token

TOKEN = Token("s3cret")
LOGIN = b"<!DOCTYPE html><title>Log in</title>"


def judged(end, **claimed):
    return judge(Attempt(Claim(MemberId("u1"), **claimed), end), TOKEN)


# The table of the page on verdicts: the result of a call, its verdict, the cause to stop.
TABLE = [
    (Answer(200, write_reply(0, "Sent")), Verdict.SENT, None),
    (Answer(200, write_reply(-2, "Cannot find")), Verdict.SKIPPED, None),
    (Answer(200, write_reply(-4, "Skipping")), Verdict.SKIPPED, None),
    (Answer(200, write_reply(-8, "Skipping")), Verdict.SKIPPED, None),
    (Answer(200, write_reply(-16, "Skipping")), Verdict.SKIPPED, None),
    (Answer(200, write_reply(-32, "Skipping")), Verdict.SKIPPED, None),
    (Answer(200, write_reply(-1024, "Other")), Verdict.FAILED, None),
    (Answer(200, write_reply(5, "Unlisted")), Verdict.FAILED, None),
    (Answer(200, write_refusal("Token: wrong")), Verdict.WAITING, StopCause.TOKEN_REFUSED),
    (Answer(200, write_refusal("Profile identifier: missing")), Verdict.FAILED, None),
    (Answer(200, LOGIN), Verdict.UNKNOWN, None),
    (Answer(200, b""), Verdict.UNKNOWN, None),
    (Answer(200, b'{"status": 0, "mess'), Verdict.UNKNOWN, None),
    (Answer(200, b'["u1"]'), Verdict.UNKNOWN, None),
    (NoAnswer("refused", sent=False), Verdict.WAITING, StopCause.UNREACHABLE),
    (NoAnswer("reset", sent=True), Verdict.UNKNOWN, None),
    (Answer(429, b""), Verdict.WAITING, StopCause.BUSY),
    (Answer(503, b""), Verdict.WAITING, StopCause.BUSY),
    (Answer(400, b""), Verdict.FAILED, None),
    (Answer(401, b""), Verdict.FAILED, StopCause.NOT_A_SITE),
    (Answer(403, b""), Verdict.FAILED, StopCause.NOT_A_SITE),
    (Answer(404, b""), Verdict.FAILED, StopCause.NOT_A_SITE),
    (Answer(418, b""), Verdict.FAILED, None),
    (Answer(500, b""), Verdict.UNKNOWN, None),
    (Answer(502, b""), Verdict.UNKNOWN, None),
    (Answer(504, b""), Verdict.UNKNOWN, None),
    (Answer(301, b""), Verdict.UNKNOWN, None),
    (Answer(204, b""), Verdict.UNKNOWN, None),
    (Answer(201, write_reply(0, "Sent")), Verdict.UNKNOWN, None),
    (Answer(999, b""), Verdict.UNKNOWN, None),
]


@pytest.mark.parametrize(("end", "verdict", "cause"), TABLE)
def test_each_result_has_its_verdict(end, verdict, cause):
    outcome = judged(end)
    assert (outcome.verdict, outcome.cause) == (verdict, cause)
    assert outcome.member == "u1"
    assert outcome.again is (verdict is Verdict.WAITING)


@pytest.mark.parametrize(("end", "verdict", "cause"), TABLE)
def test_with_a_key_an_unknown_outcome_is_tried_again(end, verdict, cause):
    outcome = judged(end, repeatable=True)
    assert (outcome.verdict, outcome.cause) == (verdict, cause)
    assert outcome.again is (verdict in (Verdict.WAITING, Verdict.UNKNOWN))


@pytest.mark.parametrize(("end", "verdict", "cause"), TABLE)
def test_with_a_key_only_an_answer_of_the_hook_ends_a_doubt(end, verdict, cause):
    outcome = judged(end, repeatable=True, doubtful=True)
    answered = outcome.status is not None
    assert (outcome.verdict, outcome.cause) == (verdict if answered else Verdict.UNKNOWN, cause)
    assert outcome.again is (verdict in (Verdict.WAITING, Verdict.UNKNOWN))


@pytest.mark.parametrize(("end", "verdict", "cause"), TABLE)
def test_without_a_key_only_an_answer_of_the_hook_ends_a_doubt(end, verdict, cause):
    outcome = judged(end, doubtful=True)
    answered = outcome.status is not None
    assert (outcome.verdict, outcome.cause) == (verdict if answered else Verdict.UNKNOWN, cause)
    assert outcome.again is (verdict is Verdict.WAITING)


def test_with_a_key_a_call_in_progress_is_tried_again():
    outcome = judged(Answer(409, b""), repeatable=True)
    assert (outcome.verdict, outcome.cause) == (Verdict.UNKNOWN, StopCause.BUSY)
    assert outcome.again
    assert judged(Answer(409, b"")).verdict is Verdict.FAILED


@pytest.mark.parametrize("status", [429, 503])
def test_the_pause_that_the_site_asks_for_is_kept(status):
    assert judged(Answer(status, b"", 7.0)).retry_after == 7


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (-2, "no such member"),
        (-4, "not in any groups"),
        (-8, "no verified email addresses"),
        (-16, "no activity in any groups this month"),
        (-32, "explicitly opted out"),
    ],
)
def test_a_skipped_member_has_the_reason_of_the_site(status, reason):
    outcome = judged(Answer(200, write_reply(status, "Skipping: whatever")))
    assert (outcome.reason, outcome.status) == (reason, status)
    assert outcome.message == "Skipping: whatever"


def test_a_failure_keeps_the_number_and_the_message():
    outcome = judged(Answer(200, write_reply(-1024, "It broke")))
    assert (outcome.reason, outcome.message) == ("status -1024", "It broke")


def test_an_http_error_has_the_phrase_of_the_standard():
    assert judged(Answer(404, b"")).message == "Not Found (404)"
    assert judged(Answer(999, b"")).message == "HTTP (999)"


def test_a_long_message_is_truncated():
    assert len(judged(Answer(200, write_reply(0, "x" * 10**6))).message) == 1000


def test_a_truncated_message_has_no_part_of_the_token():
    message = "x" * 996 + "s3cret"
    assert "s3" not in judged(Answer(200, write_reply(0, message))).message


@pytest.mark.parametrize("sent", [True, False])
def test_the_token_is_not_in_what_libcurl_quotes_of_an_answer(sent):
    outcome = judged(NoAnswer("Unsupported encoding: s3cret", sent=sent))
    assert outcome.message == "Unsupported encoding: [token]"


ends = st.one_of(
    st.builds(NoAnswer, st.text(), st.booleans()),
    st.builds(Answer, st.integers(100, 999), st.binary()),
    st.builds(
        Answer,
        st.just(200),
        st.builds(write_reply, st.integers(-2000, 200), st.text()),
    ),
    st.builds(
        Answer, st.just(200), st.builds(lambda texts: write_refusal(*texts), st.lists(st.text()))
    ),
)


@given(ends, st.booleans(), st.booleans())
def test_every_result_has_exactly_one_verdict(end, repeatable, doubtful):
    outcome = judged(end, repeatable=repeatable, doubtful=repeatable and doubtful)
    assert outcome.verdict in set(Verdict) - {Verdict.SENDING}
    assert (outcome.verdict is Verdict.WAITING) <= (outcome.cause is not None)
    final = outcome.verdict in (Verdict.SENT, Verdict.SKIPPED)
    assert final <= (outcome.status is not None)
    assert outcome.again <= (outcome.verdict in (Verdict.WAITING, Verdict.UNKNOWN))


@given(st.text(), st.text(), st.sampled_from([0, -1, -16, -1024]), st.booleans())
def test_the_token_is_in_no_text_of_an_outcome(before, after, status, as_list):
    text = f"{before}s3cret{after}"
    body = write_refusal("Token: " + text) if as_list else write_reply(status, text)
    outcome = judged(Answer(200, body))
    assert "s3cret" not in outcome.message + outcome.reason
