# SPDX-License-Identifier: MIT
"""Envelope senders that say whose letter it was that bounced (VERP)."""

import re
from base64 import b32encode
from hashlib import sha256
from typing import Final

# RFC 5321, 4.5.3.1.1.
_LOCAL_PART: Final = 64
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
# Bytes: 26 characters of base 32, which survives a server that changes the case.
_DIGEST: Final = 16


def bounce_address(bounces: str, reader: str) -> str:
    """Return the address to which a letter to the member *reader* bounces.

    ``bounces@example.org`` becomes ``bounces+ID@example.org``. An ID that is not plain, or too
    long for the 64 octets of a local part, is there as ``=`` and a digest.
    """
    local, _, domain = bounces.rpartition("@")
    if _PLAIN.fullmatch(reader) is None or len(local) + 1 + len(reader) > _LOCAL_PART:
        reader = f"={_digest(reader)}"
    return f"{local}+{reader}@{domain}"


def _digest(reader: str) -> str:
    octets = sha256(reader.encode("utf-8", "surrogatepass")).digest()[:_DIGEST]
    return b32encode(octets).decode("ascii").rstrip("=").lower()
