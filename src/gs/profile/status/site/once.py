# SPDX-License-Identifier: MIT
"""Notifies once for each key, however often the send hook is called with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from gs.profile.status.hooks import Period, Reply

from .notification import Notifier
from .store.calls import Call, find_call


class CallInProgressError(Exception):
    """The first call with that key is still being worked on."""


class OtherFormError(Exception):
    """The key came with another form before."""


class Once:
    """Remembers calls in the database; which ones are being worked on, it keeps in memory.

    So it takes for left by a crash what is begun, not finished, and not in its memory: there must
    be no other process that works for the same site.
    """

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self._lock = Lock()
        self._in_progress: dict[str, str] = {}

    def notify(self, call: Call, user_id: str, period: Period) -> Reply:
        """Return what became of the notification: what was said the first time, if it was said.

        Raises :exc:`CallInProgressError` and :exc:`OtherFormError`, and what
        :meth:`.Notifier.notify` raises, which is not remembered.
        """
        with self._working_on(call):
            with self._notifier.engine.connect() as connection:
                known = find_call(connection, call.key)
            if known and known.fingerprint != call.fingerprint:
                raise OtherFormError
            if known and known.finished:
                return known.reply
            if known and self._notifier.mailer.has_taken(call.key):
                self._notifier.record(known.reply, user_id, period, call)
                return known.reply
            return self._notifier.notify(user_id, period, call)

    @contextmanager
    def _working_on(self, call: Call) -> Iterator[None]:
        with self._lock:
            fingerprint = self._in_progress.get(call.key)
            if fingerprint is None:
                self._in_progress[call.key] = call.fingerprint
        if fingerprint is not None:
            same = fingerprint == call.fingerprint
            raise CallInProgressError if same else OtherFormError
        try:
            yield
        finally:
            with self._lock:
                del self._in_progress[call.key]
