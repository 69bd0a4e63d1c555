# SPDX-License-Identifier: MIT
"""A site that is killed between a delivery and its record, and started again."""

import http.client
import json
import sqlite3
from configparser import ConfigParser
from contextlib import closing
from urllib.parse import urlencode, urlsplit

import pytest

from embedded.commands import running, started
from gs.profile.status.hooks import KEY_HEADER, SEND_URI, write_key
from limits import LIMIT, wait_until

# A trigger with an endless query: the site hangs there, and the test kills it.
OBSTACLE = """
CREATE TABLE obstacle (n);
CREATE VIEW endless AS
    WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT 1 FROM number)
    SELECT count(*) AS n FROM number;
CREATE TRIGGER hold AFTER {place}
    BEGIN INSERT INTO obstacle SELECT n FROM endless; END;
"""
AWAY = "DROP TRIGGER hold; DROP VIEW endless; DROP TABLE obstacle;"

LIVELY = """
SELECT user_id FROM post JOIN user_email USING (user_id)
    WHERE is_preferred AND verified_date AND user_id NOT IN profile_notification_skip
    ORDER BY date DESC LIMIT 1
"""


class Site:
    """A served folder, with the URL and token to call its hooks."""

    def __init__(self, ready):
        parser = ConfigParser(interpolation=None)
        parser.read(ready["config"])
        self.token = parser["webservice-default"]["token"]
        self.address = urlsplit(ready["url"])

    def begin(self, uri, key=None, **fields):
        connection = http.client.HTTPConnection(self.address.netloc, timeout=LIMIT)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        headers |= {KEY_HEADER: key} if key else {}
        connection.request("POST", uri, urlencode({"token": self.token, **fields}), headers)
        return connection

    def ask(self, *arguments, **fields):
        with closing(self.begin(*arguments, **fields)) as connection:
            return connection.getresponse().read()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "site"


@pytest.mark.parametrize("place", ["INSERT ON audit_event", "UPDATE ON idempotency_key"])
def test_a_site_killed_before_it_records_a_mail_sends_it_once(folder, tmp_path, place):
    mails = folder / "Maildir" / "new"
    with running("demo", "--folder", folder, folder=tmp_path, start=started) as (process, ready):
        site = Site(ready)
        ((member,),) = rows(folder, LIVELY)
        form = {"profileId": member, "send": "Send", "period": ready["period"]}
        key = write_key(ready["period"], member)
        script(folder, OBSTACLE.format(place=place))
        with closing(site.begin(SEND_URI, key, **form)):
            wait_until(lambda: list(mails.glob("*")))
            process.kill()
            process.wait(LIMIT)
    script(folder, AWAY)
    assert rows(folder, "SELECT finished FROM idempotency_key") == [(None,)]
    assert rows(folder, "SELECT * FROM audit_event") == []
    with running("serve", "--folder", folder, folder=tmp_path) as (_, ready):
        site = Site(ready)
        first, again = (site.ask(SEND_URI, key, **form) for _ in range(2))
    assert json.loads(first)["status"] == 0
    assert again == first
    assert len(list(mails.iterdir())) == 1
    assert rows(folder, "SELECT event_code FROM audit_event") == [("1",)]


def script(folder, text):
    with closing(sqlite3.connect(folder / "site.sqlite3", timeout=LIMIT)) as connection:
        connection.executescript(text)


def rows(folder, query):
    with closing(sqlite3.connect(folder / "site.sqlite3", timeout=LIMIT)) as connection:
        return connection.execute(query).fetchall()
