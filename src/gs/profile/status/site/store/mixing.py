# SPDX-License-Identifier: MIT
"""Sees to it that real and invented people do not mix in a site."""

from typing import Final

from sqlalchemy import Connection

from .options import Option, read_option, write_option

#: What the people of a site are, as :attr:`Option.DISGUISE` has it.
KEPT: Final = "kept"
INVENTED: Final = "invented"


class MixedError(Exception):
    """The people of the site are of the other kind, which is named."""


def settle_disguise(connection: Connection, disguise: str) -> None:
    """Write down that the people of the site are :data:`KEPT`, or :data:`INVENTED`.

    Raises :exc:`MixedError` where they are the other already.
    """
    said = read_option(connection, Option.DISGUISE)
    if said not in {None, disguise}:
        raise MixedError(said)
    write_option(connection, Option.DISGUISE, disguise)
