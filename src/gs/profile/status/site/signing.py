# SPDX-License-Identifier: MIT
"""Signs the links by which members turn their summary off, and reads them again."""

import base64
import binascii
import hmac
from typing import Final

#: Below the URL of a site: what follows it names a member, and is signed.
STOP_PATH: Final = "/gs-profile-status-stop/"

# It is part of what is signed: a signature made for anything else, with the same key, is no link.
_PURPOSE: Final = b"gs.profile.status.site: turn the summary off or on\n"
# Half of HMAC-SHA256, the least that RFC 2104 (5) would have: 128 bits, which nobody guesses.
_MAC_OCTETS: Final = 16
# What base64 makes of 16 octets. The last character has two bits of them, so that it is one of
# A, Q, g and w: mail programs that make links of a text leave a final "-" or "_" out.
_MAC_CHARACTERS: Final = 22


class NotOursError(ValueError):
    """The site has not made the link: it was forged, or broken on its way."""


def stop_link(base_url: str, key: str, user_id: str) -> str:
    """Return the link by which a member turns the summary off, or on again: one line of ASCII.

    The *base_url* of the site is of ASCII too; an ID of 22 letters and digits adds 76 characters
    to it. The link is always the same and never expires: only another *key* ends it.
    Raises :exc:`ValueError` for an empty key, with which anybody could make links.
    """
    return f"{base_url.rstrip('/')}{STOP_PATH}{_signed(key, _octets(user_id))}"


def read_link(key: str, text: str) -> str:
    """Return the ID of the member whom a link is for; *text* is what follows the path.

    Raises :exc:`NotOursError`. How long that takes does not tell how much of it was right.
    """
    try:
        given = text.encode("ascii")
        payload = given[:-_MAC_CHARACTERS]
        octets = base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))
        user_id = octets.decode()
    except (UnicodeError, binascii.Error) as error:
        raise NotOursError("The link is broken") from error
    # The whole is made again and compared: a decoder of base64 overlooks much.
    if not hmac.compare_digest(_signed(key, octets).encode(), given):
        raise NotOursError("The link is not signed by this site")
    return user_id


def _signed(key: str, octets: bytes) -> str:
    if not key:
        raise ValueError("a link cannot be signed with an empty key")
    mac = hmac.digest(key.encode(), _PURPOSE + octets, "sha256")[:_MAC_OCTETS]
    return _encoded(octets) + _encoded(mac)


def _encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _octets(user_id: str) -> bytes:
    # Half of a surrogate pair is in no ID of a member; its link is made, and leads to nobody.
    return user_id.encode("utf-8", "surrogatepass")
