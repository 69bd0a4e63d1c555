# SPDX-License-Identifier: MIT
"""Makes IDs of GroupServer's form, for people, posts and topics: 22 letters and digits."""

import hashlib
import hmac
import string
from typing import Final

_DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_WIDTH: Final = 22  # 62 ** 22 is a little more than 2 ** 128


def identifier(number: int) -> str:
    """Return the ID of the lower 128 bits of *number*."""
    digits = []
    number &= (1 << 128) - 1
    for _ in range(_WIDTH):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def identifier_of(*parts: str, key: bytes = b"") -> str:
    """Return the ID of *parts*: always the same one for the same *key*.

    Without the *key*, nobody can try out from which parts an ID was made.
    """
    # The lengths keep ("ab", "c") and ("a", "bc") apart.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    digest = hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return identifier(int.from_bytes(digest[:16]))
