# SPDX-License-Identifier: MIT
"""The options of the instance: its secrets, the fixed period, the identity mode."""

from enum import Enum
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from .tables import OPTION


class Option(Enum):
    """A setting, by the component that it is of and its name."""

    TOKEN = ("gs.auth.token", "authToken")
    #: What the signatures of links are made with.
    LINK_KEY = ("gs.profile.status.site", "linkKey")
    SALT = ("gs.profile.status.site", "importSalt")
    PERIOD = ("gs.profile.status.site", "period")
    #: Whether the addresses of archives are ``kept``, or replaced by ``invented`` ones.
    DISGUISE = ("gs.profile.status.site", "addresses")


def read_option(connection: Connection, option: Option) -> str | None:
    """Return the value of *option*, ``None`` where it was never set."""
    component, name = option.value
    query = select(OPTION.c.value).where(
        OPTION.c.component_id == component,
        OPTION.c.option_id == name,
        OPTION.c.site_id == "",
        OPTION.c.group_id == "",
    )
    return connection.scalar(query)


def write_option(connection: Connection, option: Option, value: str | None) -> None:
    """Set *option* to *value*, or forget it."""
    component, name = option.value
    connection.execute(
        delete(OPTION).where(
            OPTION.c.component_id == component,
            OPTION.c.option_id == name,
            OPTION.c.site_id == "",
            OPTION.c.group_id == "",
        )
    )
    if value is not None:
        row = {"component_id": component, "option_id": name, "value": value}
        connection.execute(insert(OPTION), row)


#: What the people of a site are, as :attr:`Option.DISGUISE` has it.
KEPT: Final = "kept"
INVENTED: Final = "invented"


class IdentityModeError(Exception):
    """The people of the site are of the other kind, which is named."""


def ensure_identity_mode(connection: Connection, disguise: str) -> None:
    """Write down that the people of the site are :data:`KEPT`, or :data:`INVENTED`.

    Raises :exc:`IdentityModeError` where they are the other already.
    """
    said = read_option(connection, Option.DISGUISE)
    if said not in {None, disguise}:
        raise IdentityModeError(said)
    write_option(connection, Option.DISGUISE, disguise)
