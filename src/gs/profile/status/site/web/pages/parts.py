# SPDX-License-Identifier: MIT
"""What the pages need of the rest of the site."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Engine

from gs.profile.status.hooks import Period, Status
from gs.profile.status.site.delivery import Letter
from gs.profile.status.site.web.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Looked:
    """What a member would be sent, or why nothing: in the words of the send hook."""

    status: Status
    message: str
    letter: Letter | None


#: Returns what would become of the notification of a member on a period, and does nothing of it;
#: it may block.
Look: TypeAlias = Callable[[str, Period], Looked]


@dataclass(frozen=True, slots=True)
class Pages:
    """What the pages are built of; *default_period* is asked when a form names no period.

    With *link_key* the links to the pages are signed; *now* is the site's clock.
    """

    engine: Engine
    link_key: str
    tokens: Tokens
    look: Look
    now: Callable[[], datetime]
    default_period: Callable[[], Period]
