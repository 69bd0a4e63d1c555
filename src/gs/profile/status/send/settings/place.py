# SPDX-License-Identifier: MIT
"""Where the ledger is, when nobody says where."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gs.profile.status.send.errors import NoLedgerError

_NAME: Final = "ledger.sqlite3"


def default_place(environment: Mapping[str, str]) -> Path:
    """Return the file in ``$STATE_DIRECTORY`` (systemd.exec(5)), or in the user's state folder.

    The latter is that of the XDG Base Directory Specification. Raises :class:`NoLedgerError`.
    """
    given = environment.get("STATE_DIRECTORY", "").partition(":")[0]
    if given:
        return Path(given) / _NAME
    state = environment.get("XDG_STATE_HOME", "")
    if Path(state).is_absolute():  # others are to be ignored, says the specification
        return Path(state) / "sendprofile" / _NAME
    try:
        return Path("~/.local/state/sendprofile").expanduser() / _NAME
    except RuntimeError as error:
        raise NoLedgerError(
            "There is no home folder for the ledger: name a place with --ledger."
        ) from error
