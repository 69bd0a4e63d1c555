# SPDX-License-Identifier: MIT
"""The command: from the command line to the exit code; the only place that builds the parts."""

from __future__ import annotations

import os
import sys
from time import monotonic

from . import errors, options
from .errorvals import EX_SOFTWARE, code_of_error, code_of_run
from .version import VERSION

# What only a run needs is imported when there is one: --help is to cost nothing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from .client import HttpSite
    from .ports import Reporter
    from .report.output import Output
    from .report.screen import Screen
    from .settings import Settings
    from .stop import Stop

_NOT_OK = (
    "Error communicating with the server while receiving the list of people:\n"
    "{error}. See that the URL is the site's, and what the site's log says."
)


_TROUBLES_SHOWN = 5

# Values of TERM; "" for a terminal that nobody has said anything about.
_CAN_DO_NOTHING = ("", "dumb", "unknown")


#: The configuration file, below the folder of an instance.
CONFIG = "etc/gsconfig.ini"


def command(config: str = CONFIG) -> int:
    """Do what the command line of this process asks for, and return the exit code."""
    return main(sys.argv[1:], os.environ, config)


def main(argv: Sequence[str], environment: Mapping[str, str], config: str) -> int:
    """Do what *argv* asks for, and return the exit code.

    *config* is the default configuration file, relative to ``$INSTANCE_HOME`` where that is set.
    """
    for stream in filter(None, (sys.stdout, sys.stderr)):
        # A name that the terminal's encoding does not have must not end a run.
        stream.reconfigure(errors="backslashreplace")
    try:
        return _program(argv, environment, config)
    except errors.NotOk as error:
        _say(sys.stderr, _NOT_OK.format(error=error))
        return code_of_error(error)
    except errors.SendProfileError as error:
        _say(sys.stderr, str(error))
        return code_of_error(error)
    except KeyboardInterrupt:
        return 130
    except Exception:  # noqa: BLE001 - the one place where a bug is turned into an exit code
        _confess()
        return EX_SOFTWARE


def default_config(environment: Mapping[str, str], config: str) -> str:
    """Return where the configuration file is that a call without ``--config`` reads."""
    return os.path.join(environment.get("INSTANCE_HOME", ""), config)  # noqa: PTH118 - costs no import


def _program(argv: Sequence[str], environment: Mapping[str, str], config: str) -> int:
    chosen = options.parse(argv, default_config(environment, config))
    from .settings import Settings
    from .stop import Stop

    settings = Settings.of(chosen)
    stop = Stop()
    with stop.listening():
        return _run(settings, environment, stop)


def _run(settings: Settings, environment: Mapping[str, str], stop: Stop) -> int:
    from contextlib import closing

    from .campaign import Campaign
    from .ledger import MemoryLedger
    from .pace import Pace
    from .report.output import Output
    from .report.summary import troubles
    from .stop import Breaker

    ledger = MemoryLedger()
    stdout, stderr = Output(sys.stdout), Output(sys.stderr)
    with closing(_site(settings, stop)) as site:
        campaign = Campaign(
            site=site,
            ledger=ledger,
            reporter=_reporter(settings, stdout, stderr, environment),
            pace=Pace(settings.throttle),
            stop=stop,
            breaker=Breaker(settings.max_unknown),
            token=settings.token,
            clock=monotonic,
        )
        tally = campaign.run()
    unsettled = ledger.unsettled(_TROUBLES_SHOWN)
    for line in troubles(tally, stop.cause, unsettled, counted=settings.verbose):
        stderr.line(line)
    return code_of_run(tally, stop.cause)


def _site(settings: Settings, stop: Stop) -> HttpSite:
    from .client import HttpSite, Manner, Trust

    trust = Trust.in_(settings.cacert) if settings.cacert else Trust.in_system()
    manner = Manner(settings.timeout, f"sendprofile/{VERSION}", trust)
    return HttpSite(settings.site, settings.token, manner, monotonic, stop)


def _reporter(
    settings: Settings, stdout: Output, stderr: Output, environment: Mapping[str, str]
) -> Reporter:
    if not settings.verbose:
        from .report.silent import Silent

        return Silent(stderr)
    from .report.verbose import Verbose

    return Verbose(screen(stdout, environment), monotonic)


def screen(output: Output, environment: Mapping[str, str]) -> Screen:
    """Return the best screen that *output* can be."""
    if output.isatty() and environment.get("TERM", "") not in _CAN_DO_NOTHING:
        from .report.terminal import Terminal

        return Terminal(output, environment)
    from .report.screen import Plain

    return Plain(output)


def _say(stream: TextIO | None, text: str) -> None:
    from .report.output import Output

    Output(stream).line(text)


def _confess() -> None:
    import traceback

    _say(sys.stderr, traceback.format_exc())
    _say(sys.stderr, "This is a bug in sendprofile: please report it, with the lines above.")
