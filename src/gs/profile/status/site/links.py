# SPDX-License-Identifier: MIT
"""Where the pages of a site are: GroupServer's URLs, and no other scheme than the web's."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

# What RFC 3986 lets stand in a URL; a space, a quote or a control character has no business there.
_WEB: Final = re.compile(
    r"https?://[\w.\[\]:@-]+(?:[/?#][\w!#$%&'()*+,./:;=?@\[\]~-]*)?", re.ASCII
)
_LONGEST: Final = 800


def web(url: str | None) -> str | None:
    """Return *url* where it is one of the web (http, https), and ``None`` for anything else."""
    if url is None or len(url) > _LONGEST:
        return None
    ascii_url = url if url.isascii() else quote(url, safe="%/:?#[]@!$&'()*+,;=~", errors="replace")
    return ascii_url if _WEB.fullmatch(ascii_url) else None


def mail(address: str, subject: str = "") -> str:
    """Return the ``mailto:`` URL (RFC 6068) of an *address*, with a *subject* filled in."""
    query = f"?subject={quote(subject)}" if subject else ""
    return f"mailto:{quote(address, safe='@+', errors='replace')}{query}"


@dataclass(frozen=True, slots=True)
class SitePages:
    """The pages of a site; each is ``None`` where the site's own URL is not one of the web."""

    url: str | None

    @property
    def reset_password(self) -> str | None:
        """Where somebody who has never logged in gets a password."""
        return _page(self.url, "reset_password.html")

    @property
    def start_group(self) -> str | None:
        """Where an administrator starts a group."""
        return _page(self.url, "createagroup.html")

    @property
    def administer(self) -> str | None:
        """Where an administrator looks after the site."""
        return _page(self.url, "admindivision")


@dataclass(frozen=True, slots=True)
class GroupPages:
    """The pages of a group; each is ``None`` where there is no URL, or not one of the web.

    Its posts are at *url*; GroupServer's page of it, with its settings, is at *settings_url*.
    """

    url: str | None
    settings_url: str | None

    @property
    def leave(self) -> str | None:
        """Where a member leaves the group."""
        return _page(self.settings_url, "leave.html")

    @property
    def start_topic(self) -> str | None:
        """Where a member starts a topic."""
        return _page(self.settings_url, "starttopic.html")

    @property
    def delivery(self) -> str | None:
        """Where a member chooses between a digest and one e-mail per post."""
        return _page(self.settings_url, "email_settings.html")

    @property
    def privacy(self) -> str | None:
        """Where an administrator says who may see the group."""
        return _page(self.settings_url, "admin_change_basic_privacy.html")


@dataclass(frozen=True, slots=True)
class ProfilePages:
    """The pages of a member; each is ``None`` where the profile's URL is not one of the web."""

    url: str | None

    @property
    def edit(self) -> str | None:
        """Where members change their names and biographies."""
        return _page(self.url, "edit.html")

    @property
    def photo(self) -> str | None:
        """Where members change their photos."""
        return _page(self.url, "image.html")

    @property
    def email_settings(self) -> str | None:
        """Where members add, verify and choose e-mail addresses."""
        return _page(self.url, "emailsettings.html")


def _page(url: str | None, name: str) -> str | None:
    return url and f"{url.rstrip('/')}/{name}"
