# SPDX-License-Identifier: MIT
"""What a Python programmer would write with httpx: one client, 64 workers, an iterator."""

import asyncio
import sys
from collections.abc import Iterator

import httpx

SITE, TOKEN, WORKERS = sys.argv[1], sys.argv[2], 64


async def send(client: httpx.AsyncClient, members: Iterator[str]) -> None:
    """Send to the *members* that no other worker has taken."""
    for member in members:
        form = {"profileId": member, "token": TOKEN, "send": "Send"}
        answer = await client.post(f"{SITE}/gs-profile-status-send.html", data=form)
        if answer.json()["status"]:
            sys.exit(f"not sent: {member}")


async def main() -> None:
    """Send to every member of the site."""
    limits = httpx.Limits(max_connections=WORKERS, max_keepalive_connections=WORKERS)
    async with httpx.AsyncClient(limits=limits, timeout=240) as client:
        form = {"token": TOKEN, "get": ""}
        answer = await client.post(f"{SITE}/gs-profile-status-members.html", data=form)
        members = iter(answer.json())
        async with asyncio.TaskGroup() as workers:
            for _ in range(WORKERS):
                workers.create_task(send(client, members))


if __name__ == "__main__":
    asyncio.run(main())
