# SPDX-License-Identifier: MIT
"""A program that serves a small application as the site is served, for tests to stop."""

import asyncio
import sys
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gs.profile.status.site.logs import Log, set_up
from gs.profile.status.site.serving import CannotListenError, Service, serve
from gs.profile.status.site.web.guarding import guarded
from gs.profile.status.site.web.metrics import Metrics

#: For how long it waits, in seconds, for what is being answered.
PATIENCE = 3


async def quick(request):
    return PlainTextResponse(f"{len(await request.body())}")


async def slow(request):
    await asyncio.sleep(float(request.path_params["seconds"]))
    return PlainTextResponse("at last")


def main(ready, where):
    set_up(sys.stderr, "info", "json")
    routes = [
        Route("/", quick, methods=["GET", "POST"]),
        Route("/slow/{seconds}", slow, methods=["GET", "POST"]),
    ]
    app = guarded(Starlette(routes=routes), Metrics(), Log())
    host, port, unix = ("", 0, Path(where)) if "/" in where else (where, 0, None)
    service = Service(
        unix=unix, stopping=lambda: Path(f"{ready}.stopping").touch(), patience=PATIENCE
    )
    try:
        serve(app, host, port, lambda url: Path(ready).write_text(url), service)
    except CannotListenError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
