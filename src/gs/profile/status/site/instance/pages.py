# SPDX-License-Identifier: MIT
"""Reads which pages the e-mails link: the table ``[pages]``."""

from collections.abc import Callable
from typing import Final

from gs.profile.status.site.urls import Layout, is_group_url, is_topic_url

from .tables import ConfigTable

_GROUP: Final = 'it is an address such as "https://lists.example.org/archives/{group}/"'
_TOPIC: Final = (
    "it is an address with {message-id} or {message-id-hash} in it, such as "
    '"https://lists.example.org/archives/{group}/message/{message-id-hash}/"'
)


def read_layout(table: ConfigTable) -> Layout:
    """Return where the pages are; raises :exc:`.ConfigError`."""
    layout = Layout(
        groupserver=table.flag("groupserver", default=True),
        group=_url(table, "group", is_group_url, _GROUP),
        topic=_url(table, "topic", is_topic_url, _TOPIC),
    )
    table.finish()
    return layout


def _url(table: ConfigTable, key: str, is_right: Callable[[str], bool], right: str) -> str | None:
    text = table.text(key, right)
    if text is not None and not is_right(text):
        raise table.wrong(key, right)
    return text
