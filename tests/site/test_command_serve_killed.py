# SPDX-License-Identifier: MIT
"""A site that is killed between handing a mail over and recording it, and started again."""

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

# Whoever writes there has to count for ever: there a site can be met, and killed.
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
    """A served folder, with what it takes to call the hooks."""

    def __init__(self, said):
        parser = ConfigParser(interpolation=None)
        parser.read(said["config"])
        self.token = parser["webservice-default"]["token"]
        self.address = urlsplit(said["url"])

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
    with running("demo", "--folder", folder, folder=tmp_path, start=started) as (process, said):
        site = Site(said)
        ((member,),) = rows(folder, LIVELY)
        form = {"profileId": member, "send": "Send", "period": said["period"]}
        key = write_key(said["period"], member)
        script(folder, OBSTACLE.format(place=place))
        with closing(site.begin(SEND_URI, key, **form)):
            wait_until(lambda: list(mails.glob("*")))
            process.kill()
            process.wait(LIMIT)
    script(folder, AWAY)
    assert rows(folder, "SELECT finished FROM idempotency_key") == [(None,)]
    assert rows(folder, "SELECT * FROM audit_event") == []
    with running("serve", "--folder", folder, folder=tmp_path) as (_, said):
        site = Site(said)
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
