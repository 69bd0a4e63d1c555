# SPDX-License-Identifier: MIT
"""The parser of the list of members, which works while the list arrives."""

import re
from typing import Final

import ijson

from gs.profile.status.hooks import FormRefusal, NotAReplyError, read_reply
from gs.profile.status.send.errors import ProtocolError, TokenRefusedError
from gs.profile.status.send.run.model import MemberId
from gs.profile.status.send.text import Token, printable

# Bytes. An answer that is not a list may be a refusal, which is short.
_REFUSAL_LIMIT: Final = 1 << 16

# Characters: more than any real ID has. Without a limit one ID could fill the memory.
_LONGEST_ID: Final = 1 << 16

# Bytes that may arrive before the next ID is complete: more than the longest ID has if escaped.
_INCOMPLETE_LIMIT: Final = 1 << 20

# Characters of a site's message that an error quotes.
_SHOWN: Final = 500

_WHITE: Final = b" \t\r\n"
_NOT_A_LIST: Final = (
    "The site did not answer with a list of members: {what}.\n"
    "Check that the URL is the address of a GroupServer site."
)

# JSON escapes a character beyond 16 bits as a pair of surrogates (RFC 8259, 7).
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<lone>u[dD][89a-fA-F]..)|.)", re.DOTALL
)


class MemberListParser:
    """Parses the answer of the members hook, chunk by chunk.

    Raises :class:`ProtocolError` as soon as the answer cannot be a JSON array of strings, and
    :class:`TokenRefusedError` if the site refuses the token.
    """

    def __init__(self, token: Token) -> None:
        self._token = token
        self._events = ijson.sendable_list()
        # Python limits the digits of an int. ijson does not expect the error and would crash.
        self._parser = ijson.basic_parse_coro(self._events, use_float=True)
        self._count = self._incomplete = 0
        self._in_list = self._opened = False
        self._pending = b""

    def feed(self, chunk: bytes) -> list[MemberId]:
        """Return the members whose IDs *chunk* completes."""
        if not chunk:
            return []
        self._pending += chunk
        self._in_list = self._in_list or self._begins()
        if not self._in_list:
            return []
        self._incomplete += len(chunk)
        members = self._parsed(self._without_incomplete_escape())
        if members:
            self._incomplete = 0
        elif self._incomplete > _INCOMPLETE_LIMIT:
            raise _not_a_list(f"entry {self._count + 1} is too long for an ID, or does not end")
        return members

    def close(self) -> None:
        """Raise an error if the list is not complete."""
        if not self._in_list:
            raise self._refused()
        self._parsed(self._pending)
        try:
            self._parser.close()
        except ijson.JSONError as error:
            raise _not_a_list(f"the JSON is incomplete, after {self._count} IDs") from error

    def _begins(self) -> bool:
        begin = self._pending.lstrip(_WHITE)[:1]
        if begin == b"[":
            return True
        if begin not in (b"", b"{") or len(self._pending) > _REFUSAL_LIMIT:
            raise _not_a_list("it is not a JSON list")
        return False

    def _without_incomplete_escape(self) -> bytes:
        # An escape before a quotation mark is complete.
        end = self._pending.rfind(b'"') + 1 if b"\\" in self._pending else len(self._pending)
        complete, self._pending = self._pending[:end], self._pending[end:]
        return complete

    def _parsed(self, text: bytes) -> list[MemberId]:
        lone = None
        if _SURROGATE.search(text):
            starts = (escape.start() for escape in _ESCAPE.finditer(text) if escape["lone"])
            lone = next(starts, None)
        valid = text[:lone]
        try:
            if valid:  # for ijson an empty text is the end
                self._parser.send(valid)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            self._members()
            raise _not_a_list(f"the JSON is invalid after {self._count} IDs") from error
        members = self._members()
        if lone is not None:
            # ijson would replace it by another character: that would be another member.
            raise _not_a_list(f"entry {self._count + 1} of the list has a lone surrogate")
        return members

    def _members(self) -> list[MemberId]:
        members: list[MemberId] = [value for kind, value in self._events if kind == "string"]
        if len(members) < len(self._events):
            self._check_other_events()
        del self._events[:]
        if members and max(map(len, members)) > _LONGEST_ID:
            long = next(n for n, member in enumerate(members, 1) if len(member) > _LONGEST_ID)
            raise _not_a_list(f"entry {self._count + long} is too long for an ID")
        self._count += len(members)
        return members

    def _check_other_events(self) -> None:
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
        complaint = printable(self._token.redact(" ".join(reply.complaints)))[:_SHOWN]
        if reply.of_token:
            return TokenRefusedError(
                f"The site refuses the token: {complaint}\n"
                "Copy the token of the site to the configuration file."
            )
        return _not_a_list(f"it refused the form: {complaint}")


def _not_a_list(what: str) -> ProtocolError:
    return ProtocolError(_NOT_A_LIST.format(what=what))
