# SPDX-License-Identifier: MIT
"""The list of members, read while it arrives."""

import re
from typing import Final

import ijson

from gs.profile.status.hooks import FormRefusal, NotAReplyError, read_reply
from gs.profile.status.send.errors import ProtocolError, TokenRefusedError
from gs.profile.status.send.run.model import MemberId
from gs.profile.status.send.text import Token, printable

# Bytes. What is not a list is kept to see whether it is a refusal: those are short.
_REFUSAL_LIMIT: Final = 1 << 16

# Characters: what no ID has. Without a limit one would be enough to fill the memory.
_LONGEST: Final = 1 << 16

# Bytes that may come without completing an ID: more than the longest takes, however escaped.
_FRUITLESS_LIMIT: Final = 1 << 20

# Characters of what a site says that an error repeats.
_SHOWN: Final = 500

_WHITE: Final = b" \t\r\n"
_NOT_A_LIST: Final = (
    "The site did not answer with a list of members: {what}.\n"
    "Check that the URL is the address of a GroupServer site."
)

# The escapes of JSON for what is beyond 16 bits come in pairs (RFC 8259, 7).
_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>u[dD][89a-fA-F]..)|.)", re.DOTALL
)


class MemberListParser:
    """Turns the body of the members hook, chunk by chunk, into members.

    Raises :class:`ProtocolError` for what is not a JSON array of strings, as soon as that
    shows, and :class:`TokenRefusedError` for the refusal of the token.
    """

    def __init__(self, token: Token) -> None:
        self._token = token
        self._events = ijson.sendable_list()
        # Python has a limit to the digits of an int, past which ijson leaves behind what crashes.
        self._parser = ijson.basic_parse_coro(self._events, use_float=True)
        self._count = self._fruitless = 0
        self._in_list = self._opened = False
        self._pending = b""

    def feed(self, chunk: bytes) -> list[MemberId]:
        """Return the members that *chunk* completes."""
        if not chunk:
            return []
        self._pending += chunk
        self._in_list = self._in_list or self._begins()
        if not self._in_list:
            return []
        self._fruitless += len(chunk)
        members = self._parsed(self._without_half_an_escape())
        if members:
            self._fruitless = 0
        elif self._fruitless > _FRUITLESS_LIMIT:
            raise _not_a_list(f"entry {self._count + 1} is too long for an ID, or never comes")
        return members

    def close(self) -> None:
        """Make sure that the list was whole."""
        if not self._in_list:
            raise self._refused()
        self._parsed(self._pending)
        try:
            self._parser.close()
        except ijson.JSONError as error:
            raise _not_a_list(f"the JSON ends in the middle, after {self._count} IDs") from error

    def _begins(self) -> bool:
        begin = self._pending.lstrip(_WHITE)[:1]
        if begin == b"[":
            return True
        if begin not in (b"", b"{") or len(self._pending) > _REFUSAL_LIMIT:
            raise _not_a_list("it is not JSON, or something else than a list")
        return False

    def _without_half_an_escape(self) -> bytes:
        # What stands before a quotation mark is whole.
        end = self._pending.rfind(b'"') + 1 if b"\\" in self._pending else len(self._pending)
        whole, self._pending = self._pending[:end], self._pending[end:]
        return whole

    def _parsed(self, text: bytes) -> list[MemberId]:
        half = _half_a_character(text) if _HALF.search(text) else None
        sound = text[:half]
        try:
            if sound:  # no bytes are the end for it
                self._parser.send(sound)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            self._members()
            raise _not_a_list(f"the JSON is broken after {self._count} IDs") from error
        members = self._members()
        if half is not None:
            # The parser would make another character of it, and so another member.
            raise _not_a_list(f"entry {self._count + 1} of the list has half a character")
        return members

    def _members(self) -> list[MemberId]:
        members: list[MemberId] = [value for kind, value in self._events if kind == "string"]
        if len(members) < len(self._events):
            self._look_at_the_others()
        del self._events[:]
        if members and max(map(len, members)) > _LONGEST:
            long = next(n for n, member in enumerate(members, 1) if len(member) > _LONGEST)
            raise _not_a_list(f"entry {self._count + long} is too long for an ID")
        self._count += len(members)
        return members

    def _look_at_the_others(self) -> None:
        number = self._count
        for kind, _ in self._events:
            if kind == "string":
                number += 1
            elif kind == "start_array" and not self._opened:
                self._opened = True
            elif kind != "end_array":
                raise _not_a_list(f"entry {number + 1} of the list is not a string")

    def _refused(self) -> TokenRefusedError | ProtocolError:
        try:
            reply = read_reply(self._pending)
        except NotAReplyError as error:
            return _not_a_list(str(error) if self._pending else "the answer is empty")
        if not isinstance(reply, FormRefusal):
            return _not_a_list("it is an object")
        said = printable(self._token.cut(" ".join(reply.complaints)))[:_SHOWN]
        if reply.of_token:
            return TokenRefusedError(
                f"The site refuses the token: {said}\n"
                "Give the configuration file the token that the site has."
            )
        return _not_a_list(f"it refused the form: {said}")


def _half_a_character(text: bytes) -> int | None:
    halves = (escape.start() for escape in _ESCAPE.finditer(text) if escape["half"])
    return next(halves, None)


def _not_a_list(what: str) -> ProtocolError:
    return ProtocolError(_NOT_A_LIST.format(what=what))
