# SPDX-License-Identifier: MIT
"""The language of a page for somebody of whom the site knows nothing."""

from typing import Final

from gs.profile.status.site.notification.catalogues import SOURCE, TRANSLATIONS

_SPOKEN: Final = frozenset({SOURCE, *TRANSLATIONS})
_LOOKED_AT: Final = 20


def preferred_language(accepted: str) -> str:
    """Return the first language in an ``Accept-Language`` (RFC 9110, 12.5.4) that is spoken here.

    English where there is none. Browsers name the one first that they want most, so the weights
    are not compared.
    """
    for one in accepted.split(",", _LOOKED_AT)[:_LOOKED_AT]:
        primary = one.partition(";")[0].strip().partition("-")[0].lower()
        if primary in _SPOKEN:
            return primary
    return SOURCE
