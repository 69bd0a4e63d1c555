# SPDX-License-Identifier: MIT
"""The list of members, read while it arrives."""

from collections.abc import Iterator
from typing import Final

import ijson

from gs.profile.status.hooks import NotAReplyError, Refusal, read_reply
from gs.profile.status.send.errors import ProtocolError, TokenRefusedError
from gs.profile.status.send.model import MemberId
from gs.profile.status.send.printable import printable
from gs.profile.status.send.token import Token

# Bytes. What is not a list is kept to see whether it is a refusal: those are short.
_REFUSAL_LIMIT: Final = 1 << 16

# Characters of what a site says that an error repeats.
_SHOWN: Final = 500

_WHITE: Final = b" \t\r\n"
_NOT_A_LIST: Final = (
    "The site did not answer with a list of members: {what}.\n"
    "Check that the URL is the address of a GroupServer site."
)


class Listing:
    """Turns the body of the members hook, chunk by chunk, into members.

    Raises :class:`ProtocolError` for what is not a JSON array of strings, as soon as that
    shows, and :class:`TokenRefusedError` for the refusal of the token.
    """

    def __init__(self, token: Token) -> None:
        self._token = token
        self._events = ijson.sendable_list()
        self._parser = ijson.basic_parse_coro(self._events)
        self._count = 0
        self._in_list = self._opened = False
        self._other = b""

    def feed(self, chunk: bytes) -> Iterator[MemberId]:
        """Yield the members that *chunk* completes."""
        if not self._in_list:
            self._other += chunk
            chunk = self._other
            begin = chunk.lstrip(_WHITE)[:1]
            if begin != b"[":
                self._keep_reading(begin)
                return
            self._in_list = True
        self._parse(chunk)
        yield from self._members()

    def close(self) -> None:
        """Make sure that the list was whole."""
        if not self._in_list:
            raise self._refused()
        try:
            self._parser.close()
        except ijson.JSONError as error:
            raise _not_a_list(f"the JSON ends in the middle, after {self._count} IDs") from error

    def _keep_reading(self, begin: bytes) -> None:
        if (begin and begin != b"{") or len(self._other) > _REFUSAL_LIMIT:
            raise _not_a_list("it is not JSON, or something else than a list")

    def _parse(self, chunk: bytes) -> None:
        try:
            self._parser.send(chunk)
        except (ijson.JSONError, ValueError, SystemError) as error:  # numbers of 5,000 digits
            raise _not_a_list(f"the JSON is broken after {self._count} IDs") from error

    def _members(self) -> Iterator[MemberId]:
        for event, value in self._events:
            if event == "string":
                self._count += 1
                yield MemberId(value)
            elif event == "start_array" and not self._opened:
                self._opened = True
            elif event != "end_array":
                raise _not_a_list(f"entry {self._count + 1} of the list is not a string")
        del self._events[:]

    def _refused(self) -> TokenRefusedError | ProtocolError:
        try:
            reply = read_reply(self._other)
        except NotAReplyError as error:
            return _not_a_list(str(error) if self._other else "the answer is empty")
        if not isinstance(reply, Refusal):
            return _not_a_list("it is an object")
        said = printable(self._token.cut(" ".join(reply.complaints)))[:_SHOWN]
        if reply.of_token:
            return TokenRefusedError(
                f"The site refuses the token: {said}\n"
                "Give the configuration file the token that the site has."
            )
        return _not_a_list(f"it refused the form: {said}")


def _not_a_list(what: str) -> ProtocolError:
    return ProtocolError(_NOT_A_LIST.format(what=what))
