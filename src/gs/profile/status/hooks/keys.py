# SPDX-License-Identifier: MIT
"""The key that makes it safe to call the send hook twice for the same notification.

It follows draft-ietf-httpapi-idempotency-key-header. A header of our own is added, by which a site
says that it honours keys.
"""

import re
from hashlib import sha256
from typing import Final

#: The request header of the send hook, whose value is a string of RFC 8941 (3.3.3).
KEY_HEADER: Final = "Idempotency-Key"

#: The response header of the members hook by which a site says that it honours keys. The value is
#: for how many seconds, at least, the site remembers a key.
LIFETIME_HEADER: Final = "Idempotency-Key-Lifetime"

#: Octets between the quotation marks. A site does not have to remember longer keys.
_LONGEST: Final = 255

_STRING: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')

# Seconds: a hundred years. Nobody can promise more.
_FOREVER: Final = 100 * 366 * 86_400


class NotAKeyError(ValueError):
    """The value is not a key: it is not a string of RFC 8941, or it is too long or empty."""


def write_key(run: str, profile_id: str) -> str:
    """Return the header's value for the notification to a member in a run.

    *run* is printable ASCII, and unique among the runs of the site. The ID of the member is
    hashed, because headers get into log files.
    """
    digest = sha256(profile_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f'"{run}-{digest}"'


def read_key(value: str) -> str:
    """Return the key in the *value* of the header; raises :class:`NotAKeyError`."""
    matched = _STRING.fullmatch(value.strip(" "))
    if not matched or not 0 < len(matched[1]) <= _LONGEST:
        raise NotAKeyError(f"a key is a string in quotation marks, of 1 to {_LONGEST} octets")
    return re.sub(r"\\(.)", r"\1", matched[1])


def read_lifetime(value: str | None) -> int:
    """Return for how many seconds a site remembers a key, 0 if the header does not say so."""
    text = (value or "").strip()
    return min(int(text), _FOREVER) if re.fullmatch(r"[0-9]{1,18}", text) else 0
