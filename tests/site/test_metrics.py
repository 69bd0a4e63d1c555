# SPDX-License-Identifier: MIT
import asyncio
from importlib.metadata import version

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gs.profile.status.hooks import HookReply
from gs.profile.status.site.delivery import (
    Deferred,
    Delivered,
    InDoubt,
    RecipientsRefused,
    RefusedRecipient,
    Rejected,
)
from gs.profile.status.site.dispatch import Decision
from gs.profile.status.site.dispatch.call import (
    IN_PROGRESS,
    KEY_REUSED,
    deferred,
    in_doubt,
    label_of,
    outcome_of,
)
from gs.profile.status.site.web.metrics import Metrics
from servers.smtp_messages import PlainMessage

REFUSED = RefusedRecipient("jane@example.org", "550 no such user")
DECISION = Decision(HookReply(0, "Sent"), "Jane", PlainMessage(("jane@example.org",)))


@pytest.fixture
def metrics():
    return Metrics()


def scraped(metrics):
    """Return the samples as Prometheus reads them, by name and labels."""
    answer = asyncio.run(metrics.answer(None))
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name.removeprefix("sendprofile_site_"), *sorted(sample.labels.values())): (
            sample.value
        )
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }


def test_requests_are_counted_and_timed_by_route(metrics):
    for status in (200, 200, 503):
        metrics.requested("/gs-profile-status-send.html", status, 0.02)
    metrics.requested("-", 404, 0.001)
    samples = scraped(metrics)
    assert samples["requests_total", "/gs-profile-status-send.html", "200"] == 2
    assert samples["requests_total", "/gs-profile-status-send.html", "503"] == 1
    assert samples["requests_total", "-", "404"] == 1
    assert samples["request_seconds_count", "/gs-profile-status-send.html"] == 3
    assert samples["request_seconds_sum", "/gs-profile-status-send.html"] == pytest.approx(0.06)
    assert samples["request_seconds_bucket", "/gs-profile-status-send.html", "0.025"] == 3
    assert samples["request_seconds_bucket", "/gs-profile-status-send.html", "0.01"] == 0


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (HookReply(0, "Sent to Jane (x)"), "sent"),
        (HookReply(-2, ""), "no_such_member"),
        (HookReply(-4, ""), "not_in_any_group"),
        (HookReply(-8, ""), "no_verified_address"),
        (HookReply(-16, ""), "no_activity"),
        (HookReply(-32, ""), "opted_out"),
        (HookReply(-1024, ""), "other"),
        (HookReply(-3, "of a later version"), "failed"),
        (deferred("No space."), "deferred"),
        (IN_PROGRESS, "in_progress"),
        (KEY_REUSED, "key_reused"),
        (in_doubt("<x@example.org>"), "in_doubt"),
        (ValueError(), "failed"),
    ],
)
def test_calls_are_counted_by_outcome(metrics, answer, outcome):
    metrics.answered(label_of(answer))
    metrics.answered(label_of(answer))
    assert scraped(metrics)["notifications_total", outcome] == 2


@pytest.mark.parametrize(
    ("ended", "outcome"),
    [
        (Delivered(), "delivered"),
        (Delivered((REFUSED,)), "partly_refused"),
        (Deferred("later"), "deferred"),
        (RecipientsRefused((REFUSED,)), "recipients_refused"),
        (RecipientsRefused((REFUSED,), by_server=False), "recipients_refused"),
        (Rejected("554 no"), "rejected"),
        (InDoubt("lost"), "in_doubt"),
        (InDoubt("a bug", OSError()), "in_doubt"),
    ],
)
def test_deliveries_are_counted_by_their_outcome(metrics, ended, outcome):
    metrics.delivered(outcome_of(ended, "u1", DECISION).label)
    assert scraped(metrics)["deliveries_total", outcome] == 1


def test_gauges_keep_the_last_values(metrics):
    for calls in (3, 7, 2):
        metrics.waiting(calls)
    metrics.members(5_000)
    metrics.wrong_token()
    samples = scraped(metrics)
    assert samples["waiting_calls",] == 2
    assert samples["members",] == 5_000
    assert samples["wrong_tokens_total",] == 1


def test_the_metrics_include_the_version(metrics):
    samples = scraped(metrics)
    assert samples["build_info", version("gs.profile.status.send")] == 1
    assert samples["process_resident_memory_bytes",] > 1_000_000


def test_two_applications_in_a_process_count_separately(metrics):
    other = Metrics()
    metrics.waiting(5)
    assert scraped(other)["waiting_calls",] == 0


def test_the_metrics_contain_no_member_data(metrics):
    reply = HookReply(0, "Sent the monthly notification to Jane Smith (jane1)")
    metrics.answered(label_of(reply))
    metrics.delivered(outcome_of(Delivered((REFUSED,)), "jane1", DECISION).label)
    lines = asyncio.run(metrics.answer(None)).body.decode().splitlines()
    ours = "\n".join(line for line in lines if line.startswith("sendprofile_site"))
    for personal in ("Jane", "jane", "example.org", "550"):
        assert personal not in ours
