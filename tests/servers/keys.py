# SPDX-License-Identifier: MIT
"""The idempotency keys that a site remembers."""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Event, Lock
from typing import Final

from .answers import Answer
from .hooks import SKIPPED
from .moves import Delay, Hold, Move
from .request import Request

#: The request header of the send hook.
HEADER: Final = "Idempotency-Key"

_KEY: Final = re.compile(r'"(?=.{1,255}"$)(?:[ !#-\[\]-~]|\\["\\])+"')
_REMEMBERED: Final = frozenset({0, -2, *SKIPPED})


@dataclass(frozen=True, slots=True)
class _Call:
    """The first call with a key: its *answer* is None until the work is done."""

    form: dict[str, str]
    began: float
    answer: Answer | None = None
    busy_until: float = 0
    holds: tuple[Event, ...] = ()

    @property
    def is_busy(self) -> bool:
        waits = time.monotonic() < self.busy_until or not all(one.is_set() for one in self.holds)
        return self.answer is None or waits


class Keys:
    """The accepted calls of the send hook that have a key."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: dict[str, _Call] = {}

    def begin(self, asked: Request, lifetime: int) -> Answer | None:
        """Return the answer to a repeated call; None if the work is to be done and ended.

        A call with the same key is forgotten after *lifetime* seconds.
        """
        key, form = _key(asked), _form(asked)
        if not _KEY.fullmatch(key):
            return Answer.page(400)
        with self._lock:
            first = self._calls.get(key)
            if first is None or time.monotonic() - first.began >= lifetime:
                self._calls[key] = _Call(form, time.monotonic())
                return None
        if first.form != form:
            return Answer.page(422)
        return Answer.page(409) if first.is_busy else first.answer

    def end(self, asked: Request, answer: Answer | None, moves: Sequence[Move]) -> None:
        """Remember *answer* if it is final, or forget that the call began.

        The call stays in progress while the *moves* wait before the answer.
        """
        key = _key(asked)
        with self._lock:
            if answer is None or _status(answer) not in _REMEMBERED:
                del self._calls[key]
                return
            waits = [move for move in _waits(moves) if isinstance(move, Delay)]
            holds = [move.released for move in _waits(moves) if isinstance(move, Hold)]
            self._calls[key] = replace(
                self._calls[key],
                answer=replace(answer, mails=False),
                busy_until=time.monotonic() + sum(move.seconds for move in waits),
                holds=tuple(holds),
            )

    def restart(self) -> None:
        """Keep finished calls and drop calls in progress: the site is a new process."""
        with self._lock:
            for key, call in list(self._calls.items()):
                if call.answer is None:
                    del self._calls[key]
                else:
                    self._calls[key] = replace(call, busy_until=0, holds=())


def _key(asked: Request) -> str:
    return asked.header(HEADER) or ""


def _form(asked: Request) -> dict[str, str]:
    return {name: value for name, value in asked.fields.items() if name != "token"}


def _waits(moves: Sequence[Move]) -> list[Delay | Hold]:
    waits: list[Delay | Hold] = []
    for move in moves:
        if not isinstance(move, Delay | Hold):
            break
        waits.append(move)
    return waits


def _status(answer: Answer) -> object:
    if answer.status != 200 or not isinstance(answer.body, bytes):
        return None
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return said.get("status") if isinstance(said, dict) else None
