# SPDX-License-Identifier: MIT
"""The secrets of a site: made once, and kept in its database."""

import secrets

from sqlalchemy import Connection

from gs.profile.status.site.store.options import Option, read_option, write_option

_SECRETS = (Option.TOKEN, Option.LINK_KEY, Option.SALT)


def settle_secrets(connection: Connection) -> str:
    """Make the secrets that the site does not have yet; return its token."""
    for option in _SECRETS:
        if read_option(connection, option) is None:
            write_option(connection, option, _new(option))
    return read_option(connection, Option.TOKEN) or ""


def renew_token(connection: Connection) -> str:
    """Give the site another token, and return it: the one before is worth nothing any more."""
    token = _new(Option.TOKEN)
    write_option(connection, Option.TOKEN, token)
    return token


def _new(option: Option) -> str:
    # The salt is kept in digits, for it is used as octets.
    return secrets.token_hex(32) if option is Option.SALT else secrets.token_urlsafe(32)
