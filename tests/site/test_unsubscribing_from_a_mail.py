# SPDX-License-Identifier: MIT
"""From the mail of a site that was started by its command, to nobody's being mailed any more."""

import json
import re
from configparser import ConfigParser
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from embedded.commands import running
from gs.profile.status.hooks import MEMBERS_URI, SEND_URI
from limits import LIMIT


def test_one_click_in_a_mail_is_the_last_of_them(tmp_path):
    folder = tmp_path / "demo"
    with running("demo", "--folder", folder, folder=tmp_path) as (_process, said):
        parser = ConfigParser(interpolation=None)
        parser.read(said["config"])
        token = parser["webservice-default"]["token"]

        def post(path, fields):
            request = Request(said["url"].rstrip("/") + path, urlencode(fields).encode())
            with urlopen(request, timeout=LIMIT) as answer:
                assert answer.status == 200
                return answer.read().decode()

        def members():
            return json.loads(post(MEMBERS_URI, {"token": token, "get": ""}))

        def send(user_id):
            form = {"token": token, "send": "Send", "profileId": user_id}
            return json.loads(post(SEND_URI, form))["status"]

        before = members()
        reader = next(user_id for user_id in before if send(user_id) == 0)
        (mail,) = Path(folder).glob("Maildir/new/*")
        message = message_from_bytes(mail.read_bytes(), policy=default)

        # RFC 8058, 3.1: one URI of HTTPS, and the field that allows the one click.
        (link,) = re.findall(r"<(https:[^>]*)>", message["List-Unsubscribe"])
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        path = urlsplit(link).path
        for part in ("plain", "html"):
            assert link in message.get_body((part,)).get_content()

        with urlopen(said["url"].rstrip("/") + path, timeout=LIMIT) as page:
            assert b"summary" in page.read()
        assert members() == before
        post(path, {"List-Unsubscribe": "One-Click"})
        assert members() == [user_id for user_id in before if user_id != reader]
        assert send(reader) == -32

        shown = post("/gs-profile-status-preview", {"token": token, "profileId": reader})
        assert "explicitly opted out (status -32)" in shown
        post(path, {"summary": "on"})
        assert members() == before
        shown = post("/gs-profile-status-preview", {"token": token, "profileId": reader})
        assert "<iframe" in shown
        assert link in shown
        assert len(list(Path(folder).glob("Maildir/new/*"))) == 1
