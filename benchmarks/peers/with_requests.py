# SPDX-License-Identifier: MIT
"""Represents the original: one requests.post with a new connection for each member."""

import sys

import requests

SITE, TOKEN, TIMEOUT = sys.argv[1], sys.argv[2], 240


def main() -> None:
    """Send to every member of the site, one after the other."""
    form = {"token": TOKEN, "get": ""}
    answer = requests.post(f"{SITE}/gs-profile-status-members.html", data=form, timeout=TIMEOUT)
    for member in answer.json():
        form = {"profileId": member, "token": TOKEN, "send": "Send"}
        answer = requests.post(f"{SITE}/gs-profile-status-send.html", data=form, timeout=TIMEOUT)
        if answer.json()["status"]:
            sys.exit(f"not sent: {member}")


if __name__ == "__main__":
    main()
