# SPDX-License-Identifier: MIT
"""The command lines of the programs that sendprofile is compared with."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from benchmarks.machine import program
from benchmarks.member_lists import ids
from benchmarks.process_cost import Cost, FailedError
from benchmarks.sender import PERIOD, TOKEN
from benchmarks.workbench import Workbench

from gs.profile.status.hooks import SEND_URI

_PEERS: Final = Path(__file__).with_name("peers")

#: The number of calls in flight, for programs that can have more than one.
IN_FLIGHT: Final = "64"

#: The name of sendprofile in the table.
OURS: Final = "sendprofile -j 64"


@dataclass(frozen=True, slots=True)
class Sample:
    """The result of one contender in one round: *cpu* is microseconds per member."""

    rate: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Contender:
    """A program that sends to *members*; *command* makes a new command line for each round.

    Raises :class:`~benchmarks.machine.MissingError` if its program is missing.
    """

    members: int
    command: Callable[[], list[str]]

    def sample(self, cost: Cost) -> Sample:
        """Return the sample of *cost*, which includes the start of the process."""
        return Sample(self.members / cost.seconds, cost.cpu / self.members * 1e6)

    def check(self, requests: int) -> None:
        """Raise :class:`FailedError` if the server received fewer *requests* than members."""
        if requests < self.members:
            raise FailedError(f"{requests} requests came for {self.members} members")


class Wrk(Contender):
    """The upper limit: it sends the same form for some seconds and counts by itself."""

    def sample(self, cost: Cost) -> Sample:
        """Return the rate that wrk reports and its CPU per request; FailedError on failures."""
        output = json.loads(cost.output.splitlines()[-1])
        if output["failed"]:
            raise FailedError(f"wrk: {output['failed']} requests failed")
        requests = output["requests"]
        return Sample(requests / output["microseconds"] * 1e6, cost.cpu / requests * 1e6)


def ours(bench: Workbench, root: str, members: int, *options: str) -> Contender:
    """Return sendprofile with 64 calls in flight to *members* of nginx at *root*."""
    site = bench.site(root, members)
    more = ["-j", IN_FLIGHT, *options]
    sender = bench.sender
    return Contender(members, lambda: sender.command(site, sender.new_ledger(), *more))


def wrk(bench: Workbench, root: str) -> Contender:
    """Return wrk with 64 calls in flight in one thread."""
    manner = ["-t", "1", "-c", IN_FLIGHT, "-d", f"{bench.sizes.wrk_seconds}s"]
    script = ["-s", str(_PEERS / "post.lua"), f"{root}/1{SEND_URI}", "--", form()]
    return Wrk(0, lambda: [str(program("wrk")), *manner, *script])


def peers(bench: Workbench, root: str) -> dict[str, Contender]:
    """Return the other programs by their names in the table."""
    sizes = bench.sizes
    return {
        "requests.post for each": _python(bench, "requests", root, sizes.one_by_one),
        "parallel -j64 curl": _parallel(bench, root, sizes.parallel),
        "xargs -P64 curl": _xargs(bench, root, sizes.xargs),
        "curl --parallel-max 64": _curl(bench, root, sizes.curl),
        "aiohttp, 64 tasks": _python(bench, "aiohttp", root, sizes.aiohttp),
        "httpx, 64 tasks": _python(bench, "httpx", root, sizes.httpx),
    }


def form(member: str | None = None) -> str:
    """Return the body of a call of the send hook for *member*, or without a member."""
    who = {} if member is None else {"profileId": member}
    return urlencode({**who, "token": TOKEN, "send": "Send", "period": PERIOD}, safe="{}")


def _python(bench: Workbench, library: str, root: str, members: int) -> Contender:
    script = str(_PEERS / f"with_{library}.py")
    site = bench.site(root, members)
    return Contender(members, lambda: [sys.executable, script, site, TOKEN])


def _parallel(bench: Workbench, root: str, members: int) -> Contender:
    place = str(_ids(bench, members))

    def command() -> list[str]:
        manner = [f"-j{IN_FLIGHT}", "--will-cite", "--quote", "-a", place]
        return [str(program("parallel")), *manner, *_one_curl(root)]

    return Contender(members, command)


def _xargs(bench: Workbench, root: str, members: int) -> Contender:
    place = str(_ids(bench, members))

    def command() -> list[str]:
        return [str(program("xargs")), "-a", place, "-P", IN_FLIGHT, "-I{}", *_one_curl(root)]

    return Contender(members, command)


def _curl(bench: Workbench, root: str, members: int) -> Contender:
    place = bench.folder / f"curl-{members}.txt"
    with place.open("w", encoding="ascii") as file:
        file.write("no-progress-meter\n")
        for number, member in enumerate(ids(members)):
            file.write("next\n" if number else "")
            file.write(f'url = "{root}/1{SEND_URI}"\ndata = "{form(member)}"\n')
            file.write('output = "/dev/null"\n')
    manner = ["-q", "--parallel", "--parallel-max", IN_FLIGHT, "-K", str(place)]
    return Contender(members, lambda: [str(program("curl")), *manner])


def _one_curl(root: str) -> list[str]:
    one = ["-q", "-s", "-o", "/dev/null", "--data", form("{}")]
    return [str(program("curl")), *one, f"{root}/1{SEND_URI}"]


def _ids(bench: Workbench, members: int) -> Path:
    place = bench.folder / f"ids-{members}.txt"
    place.write_text("".join(f"{member}\n" for member in ids(members)))
    return place
