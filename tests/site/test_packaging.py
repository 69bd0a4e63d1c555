# SPDX-License-Identifier: MIT
import re
from pathlib import Path

import pytest

from gs.profile.status.hooks import MEMBERS_URI, SEND_URI
from gs.profile.status.site.links import STOP_PATH
from gs.profile.status.site.web.middleware import HEALTH_URI, METRICS_URI
from gs.profile.status.site.web.pages import PREVIEW_PATH
from gs.profile.status.site.web.server import GRACE, KEEP_ALIVE, MAX_CONNECTIONS

PACKAGING = Path(__file__).parents[2] / "packaging"
UNITS = sorted((PACKAGING / "systemd").glob("*.service"))
NGINX = (PACKAGING / "nginx" / "sendprofile-site.conf").read_text("utf-8")
PASSED = re.compile(re.search(r"location ~ (\S+) \{", NGINX)[1])


@pytest.mark.parametrize("path", [MEMBERS_URI, SEND_URI, PREVIEW_PATH, f"{STOP_PATH}x"])
def test_nginx_passes_what_the_sender_and_members_need(path):
    assert PASSED.search(path)


@pytest.mark.parametrize(
    "path", [HEALTH_URI, METRICS_URI, "/", f"{SEND_URI}/x", f"/x{SEND_URI}", f"{METRICS_URI}?a"]
)
def test_nginx_passes_nothing_else(path):
    assert not PASSED.search(path)


def test_nginx_does_not_retry_another_process():
    assert "proxy_next_upstream off;" in NGINX


def test_the_keep_alive_exceeds_that_of_nginx():
    assert KEEP_ALIVE > 60  # the default keepalive_timeout, which the file does not set
    assert "keepalive_timeout" not in NGINX


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_stop_timeout_of_a_unit_exceeds_that_of_the_site(unit):
    settings = dict(line.split("=", 1) for line in unit.read_text().splitlines() if "=" in line)
    assert settings["Type"] == "notify"
    minutes = int(settings["TimeoutStopSec"].removesuffix("min"))
    assert minutes * 60 > GRACE + 600
    assert int(settings["LimitNOFILE"]) > 2 * MAX_CONNECTIONS


def test_both_units_exist():
    assert [unit.name for unit in UNITS] == [
        "sendprofile-site.service",
        "sendprofile-site@.service",
    ]
