# SPDX-License-Identifier: MIT
"""The documented API of sendprofile 1.0.1, with its names of 2015."""

import os
import sys
from http import HTTPStatus
from typing import Final, NoReturn

from gs.profile.status.hooks import MEMBERS_URI, SEND_URI, HookReply, NotAReplyError, read_reply
from gs.profile.status.send.report.output import Output
from gs.profile.status.send.report.reporters import screen_for
from gs.profile.status.send.report.screen import Progress, Screen, Tone
from gs.profile.status.send.run.model import Answer, Claim, MemberId, NoAnswer

from . import cli
from .client import CertificateAuthorities, ClientOptions, HttpSite, TransferLoop
from .errors import NotOk, ProtocolError, UnreachableError
from .siteurl import SiteUrl
from .text import Token
from .version import VERSION

__all__ = [
    "PROFILE_URI",
    "SEND_STATUS_URI",
    "NotOk",
    "get_userIds",
    "main",
    "send_status",
    "show_done",
    "show_progress",
]

#: The path of the hook that returns the list of profile IDs.
PROFILE_URI: Final = MEMBERS_URI

#: The path of the hook that sends the notification to one person.
SEND_STATUS_URI: Final = SEND_URI

_TIMEOUT: Final = 240.0
_TONES: Final = {0: Tone.GOOD, -2: Tone.BAD}


def get_userIds(hostname: str, token: str) -> list[str]:  # noqa: N802 - documented in 2015
    """Return the profile IDs of the people to send to.

    *hostname* may have a port, or be a whole URL. Raises :class:`NotOk` when the page does not
    return HTTP 200, and the other errors of :mod:`~gs.profile.status.send.errors`.
    """
    site = _site(hostname, Token(token))
    try:
        return list(site.members())
    finally:
        site.close()


def send_status(hostname: str, userId: str, token: str) -> dict[str, object]:  # noqa: N803 - documented in 2015
    """Send the notification to one person, and return the ``status`` and ``message`` given.

    *hostname* may have a port, or be a whole URL. Raises :class:`NotOk` when the page does not
    return HTTP 200, and the other errors of :mod:`~gs.profile.status.send.errors`; after some of
    these the notification may have been sent.
    """
    secret = Token(token)
    site = SiteUrl.of_host(hostname)
    answer = _answer(_site(hostname, secret), MemberId(userId), site)
    try:
        reply = read_reply(answer.body)
    except NotAReplyError as error:
        raise ProtocolError(
            f"The answer of {site} is not one of a GroupServer site: {error}."
        ) from error
    if isinstance(reply, HookReply):
        return {"status": reply.status, "message": secret.redact(reply.message)}
    return {"status": -1, "message": [secret.redact(complaint) for complaint in reply.complaints]}


def main(configFileName: str = cli.CONFIG) -> NoReturn:  # noqa: N803 - documented in 2015
    """Send the notification to all members, according to the command line, and exit.

    *configFileName* is the configuration file to read if the command line names none.
    """
    sys.exit(cli.command(configFileName))


def show_progress(profileId: str, curr: int, total: int) -> None:  # noqa: N803 - documented in 2015
    """Show that the notification of person *curr* of *total*, counted from 0, is being sent."""
    screen = _screen()
    screen.sending(profileId)
    screen.progress(Progress(min(curr + 1, total), total))


def show_done(r: dict[str, object]) -> None:
    """Show *r*, the answer of the site, in place of the progress."""
    status, message = r["status"], r["message"]
    text = " ".join(map(str, message)) if isinstance(message, list) else str(message)
    screen = _screen()
    screen.clear()
    screen.ended("Done", _TONES.get(status if isinstance(status, int) else -2, Tone.MIXED), text)


def _answer(site: HttpSite, member: MemberId, url: SiteUrl) -> Answer:
    try:
        site.begin(Claim(member))
        while not (attempts := site.attempts(_TIMEOUT)):
            pass
    finally:
        site.close()
    result = attempts[0].result
    if isinstance(result, NoAnswer):
        raise UnreachableError(f"Cannot reach {url}: {result.text}.")
    if result.http_status != HTTPStatus.OK:
        raise NotOk(f"{result.phrase} ({result.http_status} <{url.authority}>)")
    return result


def _site(hostname: str, token: Token) -> HttpSite:
    authorities = CertificateAuthorities.of_system()
    options = ClientOptions(_TIMEOUT, f"sendprofile/{VERSION}", authorities)
    return HttpSite(SiteUrl.of_host(hostname), token, options, TransferLoop())


def _screen() -> Screen:
    return screen_for(Output(sys.stdout), os.environ)
