# SPDX-License-Identifier: MIT
"""A program that serves a small application in the way of the site; tests stop it."""

import asyncio
import sys
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gs.profile.status.site.logs import Log, set_up_log
from gs.profile.status.site.web.metrics import Metrics
from gs.profile.status.site.web.middleware import with_middleware
from gs.profile.status.site.web.server import Service, serve
from gs.profile.status.site.web.sockets import CannotListenError


async def quick(request):
    return PlainTextResponse(f"{len(await request.body())}")


def main(ready, where, grace):
    """Write the URL to *ready*; give requests in progress *grace* seconds at the end.

    A request of /slow creates the file *ready*.asked, and is answered when the file *ready*.go
    exists. The signal to stop creates *ready*.stopping.
    """

    asked, go = Path(f"{ready}.asked"), Path(f"{ready}.go")

    async def slow(_request):
        # The test runs in another process and communicates by files.
        asked.touch()  # noqa: ASYNC240 - a file of the test
        while not go.exists():  # noqa: ASYNC110, ASYNC240 - a file of the test
            await asyncio.sleep(0.01)
        return PlainTextResponse("at last")

    set_up_log(sys.stderr, "info", "json")
    routes = [
        Route("/", quick, methods=["GET", "POST"]),
        Route("/slow", slow, methods=["GET", "POST"]),
    ]
    app = with_middleware(Starlette(routes=routes), Metrics(), Log())
    host, port, unix = ("", 0, Path(where)) if "/" in where else (where, 0, None)
    service = Service(
        unix=unix, stopping=lambda: Path(f"{ready}.stopping").touch(), grace=int(grace)
    )
    try:
        serve(app, host, port, lambda url: Path(ready).write_text(url), service)
    except CannotListenError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
