# SPDX-License-Identifier: MIT
"""The pages that a notification links: at GroupServer, in an archive, or none."""

import pytest

from embedded.parts import ActivityReader
from gs.profile.status.hooks import Period
from gs.profile.status.site.links import Layout, is_group_url, is_topic_url, message_id_hash
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.tables import POST

SITE = "https://s.example"
MARCH = Period(2026, 3)
BARE = Layout(groupserver=False)
LISTS = "https://lists.example/list/{group}@s.example"
HYPERKITTY = Layout(groupserver=False, topic=f"{LISTS}/message/{{message-id-hash}}/")
HEADER = "Received: by x\n\twith <y@z>\nMessage-ID: <Zäune/1%2@mail.example>\nReferences: <a@b>"


@pytest.fixture
def topic_url(db):
    """Return a function that gives the URL of the only topic, whose posts have *headers*."""

    def result(layout, *headers, dates=("2026-03-02", "2026-03-03")):
        if not db.rows(POST):
            for date, header in zip(dates, headers, strict=False):
                db.add_post("ann", date, header=header)
        activities = ActivityReader(db.engine, layout=layout)
        (topic,) = activities.of(GroupKey("s", "g"), MARCH)[1].topics
        return topic.url

    return result


def test_groupserver_pages_are_below_the_site_url():
    layout = Layout()
    assert layout.home(SITE) == SITE
    assert layout.group_page(SITE, "a b/ö") == f"{SITE}/groups/a%20b%2F%C3%B6"
    assert layout.group_settings(SITE, "g") == f"{SITE}/groups/g"
    assert layout.topic_page(SITE, "g", "p/1", "m@x") == f"{SITE}/r/topic/p%2F1"
    assert layout.profile(SITE, "u?1") == f"{SITE}/p/u%3F1"


def test_no_pages_without_groupserver():
    pages = BARE.home(SITE), BARE.group_page(SITE, "g"), BARE.group_settings(SITE, "g")
    assert (*pages, BARE.topic_page(SITE, "g", "p", "m@x"), BARE.profile(SITE, "u")) == (None,) * 5


def test_an_external_archive_replaces_groupserver_for_reading_only():
    layout = Layout(group="https://a.example/{group}/?of={group}")
    assert layout.group_page(SITE, "a b") == "https://a.example/a%20b/?of=a%20b"
    assert layout.group_settings(SITE, "g") == f"{SITE}/groups/g"
    assert layout.topic_page(SITE, "g", "p", "m@x") == f"{SITE}/r/topic/p"


def test_a_hostile_message_id_is_escaped_in_the_url():
    layout = Layout(topic="https://a.example/{group}/{message-id}/")
    url = layout.topic_page(SITE, "g", "p", "../{group}?x=#<y>&ö@h")
    assert url == "https://a.example/g/..%2F%7Bgroup%7D%3Fx%3D%23%3Cy%3E%26%C3%B6@h/"


def test_the_hash_of_a_message_id_is_that_of_mailman():
    # The example of the Mailman wiki, "Stable URLs".
    result = message_id_hash("87myycy5eh.fsf@uwakimon.sk.tsukuba.ac.jp")
    assert result == "JJIGKPKB6CVDX6B2CUG4IHAJRIQIOUTP"


def test_a_topic_url_uses_the_message_id_of_its_first_post(topic_url):
    url = topic_url(HYPERKITTY, HEADER, "Message-ID: <second@x>")
    name = message_id_hash("Zäune/1%2@mail.example")
    assert url == f"https://lists.example/list/g@s.example/message/{name}/"


def test_the_first_post_may_be_of_an_earlier_month(topic_url):
    layout = Layout(topic="https://a.example/{message-id}")
    headers = ["Message-ID: <first@x>", "Message-ID: <second@x>"]
    url = topic_url(layout, *headers, dates=("2026-01-02", "2026-03-03"))
    assert url == "https://a.example/first@x"


@pytest.mark.parametrize(
    "header",
    ["message-id:<one@x>", "Subject: x\nMESSAGE-ID:\n <one@x>\nX: y", "Message-Id: \t<one@x> (c)"],
)
def test_a_message_id_is_read_in_any_form(topic_url, header):
    assert topic_url(Layout(topic="https://a.example/{message-id}"), header).endswith("/one@x")


@pytest.mark.parametrize(
    "header",
    ["", "X-Message-ID: <a@x>", "Message-ID: none", "Message-ID:\nX: <a@x>", "Message-ID: <a b>"],
)
def test_a_topic_without_a_message_id_is_linked_at_groupserver_only(topic_url, header):
    topic = "https://a.example/{message-id}"
    assert topic_url(Layout(groupserver=False, topic=topic), header) is None
    assert topic_url(Layout(topic=topic), header) == f"{SITE}/r/topic/post1"


@pytest.mark.parametrize(
    ("text", "of_group", "of_topic"),
    [
        ("https://a.example/{group}/", True, False),
        ("http://a.example:8080/one", True, False),
        ("https://a.example/{group}/{message-id}", False, True),
        ("https://a.example/?id={message-id-hash}#x", False, True),
        ("https://a.example/{message-id}/{message-id-hash}", False, True),
        ("https://a.example/{message-id}/{list}", False, False),
        ("https://a.example/{}", False, False),
        ("https://a.example/{group", False, False),
        ("https://a.example/{{group}}", False, False),
        ("https://{group}.example/{message-id}", False, False),
        ("https://a@b.example/{message-id}", False, False),
        ("javascript://a.example/{message-id}", False, False),
        ('https://a.example/"{message-id}', False, False),
        ("https://a.example", False, False),
        ("a.example/{message-id}", False, False),
    ],
)
def test_placeholders_are_known_and_follow_the_host(text, of_group, of_topic):
    assert (is_group_url(text), is_topic_url(text)) == (of_group, of_topic)
