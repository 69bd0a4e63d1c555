# SPDX-License-Identifier: MIT
"""Reads the key of a call of the send hook, with a fingerprint of the form that it came with."""

import json
from collections.abc import Mapping
from hashlib import sha256

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from gs.profile.status.hooks import KEY_HEADER, Field, NotAKeyError, read_key
from gs.profile.status.site.store.calls import Call


def read_call(headers: Headers, form: Mapping[str, str], scope: str) -> Call | None:
    """Return the call of the send hook with that *form*, ``None`` where it has no key.

    The same key in another *scope* is another key. Raises :exc:`HTTPException` 400 for a key that
    is none.
    """
    given = headers.getlist(KEY_HEADER)
    if not given:
        return None
    try:
        # RFC 8941, 4.2: fields of the same name are one, which for two keys is no string.
        key = read_key(", ".join(given))
    except NotAKeyError as error:
        raise HTTPException(400, f"{KEY_HEADER}: {error}.\n") from error
    return Call(scope + key, _fingerprint(form))


def _fingerprint(form: Mapping[str, str]) -> str:
    # As they were sent: the default period changes with the month, and the form does not.
    said = [form.get(Field.PROFILE_ID, ""), form.get(Field.PERIOD, "")]
    return sha256(json.dumps(said).encode("ascii")).hexdigest()
