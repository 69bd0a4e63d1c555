# SPDX-License-Identifier: MIT
"""What a Python programmer would write with aiohttp: one session, 64 workers, an iterator."""

import asyncio
import sys
from collections.abc import Iterator

import aiohttp

SITE, TOKEN, WORKERS = sys.argv[1], sys.argv[2], 64


async def send(session: aiohttp.ClientSession, members: Iterator[str]) -> None:
    """Send to the *members* that no other worker has taken."""
    for member in members:
        form = {"profileId": member, "token": TOKEN, "send": "Send"}
        async with session.post(f"{SITE}/gs-profile-status-send.html", data=form) as answer:
            if (await answer.json())["status"]:
                sys.exit(f"not sent: {member}")


async def main() -> None:
    """Send to every member of the site."""
    form = {"token": TOKEN, "get": ""}
    connector = aiohttp.TCPConnector(limit=WORKERS)
    async with aiohttp.ClientSession(connector=connector) as session:
        async with session.post(f"{SITE}/gs-profile-status-members.html", data=form) as answer:
            members = iter(await answer.json())
        async with asyncio.TaskGroup() as workers:
            for _ in range(WORKERS):
                workers.create_task(send(session, members))


if __name__ == "__main__":
    asyncio.run(main())
