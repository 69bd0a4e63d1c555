# SPDX-License-Identifier: MIT
"""The options of the instance: its secrets, the fixed period, the identity mode."""

from enum import Enum, StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select

from .tables import OPTION


class Option(Enum):
    """A setting, as the component that it belongs to, and its name."""

    TOKEN = ("gs.auth.token", "authToken")
    #: The key of the signatures of links.
    LINK_KEY = ("gs.profile.status.site", "linkKey")
    SALT = ("gs.profile.status.site", "importSalt")
    PERIOD = ("gs.profile.status.site", "period")
    IDENTITY_MODE = ("gs.profile.status.site", "addresses")


class IdentityMode(StrEnum):
    """Whether the names and addresses of the people are the real ones, which an import keeps."""

    KEPT = "kept"
    INVENTED = "invented"


class IdentityModeError(Exception):
    """The people of the site have the other identity mode, *mode*."""

    def __init__(self, mode: IdentityMode) -> None:
        super().__init__(mode)
        self.mode: Final = mode


def read_option(connection: Connection, option: Option) -> str | None:
    """Return the value of *option*, or ``None`` if it is not set."""
    return connection.scalar(select(OPTION.c.value).where(_is(option)))


def write_option(connection: Connection, option: Option, value: str | None) -> None:
    """Set *option* to *value*; ``None`` removes it."""
    connection.execute(delete(OPTION).where(_is(option)))
    if value is not None:
        component, name = option.value
        row = {"component_id": component, "option_id": name, "value": value}
        connection.execute(insert(OPTION), row)


def ensure_identity_mode(connection: Connection, mode: IdentityMode) -> None:
    """Set the identity mode of the site; raises :exc:`IdentityModeError` if it has the other."""
    present = read_option(connection, Option.IDENTITY_MODE)
    if present not in {None, mode}:
        raise IdentityModeError(IdentityMode(present))
    write_option(connection, Option.IDENTITY_MODE, mode)


def _is(option: Option) -> ColumnElement[bool]:
    component, name = option.value
    return and_(
        OPTION.c.component_id == component,
        OPTION.c.option_id == name,
        OPTION.c.site_id == "",
        OPTION.c.group_id == "",
    )
