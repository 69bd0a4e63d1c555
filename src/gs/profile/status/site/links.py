# SPDX-License-Identifier: MIT
"""The links of a notification: the pages of a site, its archive, and signed links."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

# The characters of a URL in RFC 3986: no space, quote or control character is among them.
_WEB: Final = re.compile(
    r"https?://[\w.\[\]:@-]+(?:[/?#][\w!#$%&'()*+,./:;=?@\[\]~-]*)?", re.ASCII
)
_LARGEST_URL: Final = 800


def web(url: str | None) -> str | None:
    """Return *url* if it is a URL of the web (http, https), and ``None`` for any other text."""
    if url is None or len(url) > _LARGEST_URL:
        return None
    ascii_url = url if url.isascii() else quote(url, safe="%/:?#[]@!$&'()*+,;=~", errors="replace")
    return ascii_url if _WEB.fullmatch(ascii_url) else None


def mail(address: str, subject: str = "") -> str:
    """Return the ``mailto:`` URL (RFC 6068) of an *address*, with a *subject* filled in."""
    query = f"?subject={quote(subject)}" if subject else ""
    return f"mailto:{quote(address, safe='@+', errors='replace')}{query}"


# A URL template of the settings: a URL of the web, with names in braces after the host.
_URL: Final = re.compile(r'https?://[^\s{}/?#@<>"\\]+/(?:[^\s{}<>"\\]|\{[a-z-]*\})*')
_BRACES: Final = re.compile(r"\{([a-z-]*)\}")


def is_group_url(text: str) -> bool:
    """Return whether *text* is a URL of the web with only ``group`` in braces.

    Braces may not be in the host.
    """
    return _is_url(text) and _names(text) <= {"group"}


def is_topic_url(text: str) -> bool:
    """Return whether *text* is a URL of the web with the name of a post in braces.

    The name is ``message-id`` or ``message-id-hash``. It may also have ``group`` in braces, and
    nothing else. Braces may not be in the host.
    """
    names = _names(text) - {"group"}
    return _is_url(text) and names != set() and names <= {"message-id", "message-id-hash"}


def _is_url(text: str) -> bool:
    return _URL.fullmatch(text) is not None


def _names(text: str) -> set[str]:
    return set(_BRACES.findall(text))


@dataclass(frozen=True, slots=True)
class Layout:
    """Which pages exist, so that a notification can link them.

    With *groupserver* they are GroupServer's, below the URL of the site. *group* and *topic* come
    before these: the URLs at which an archive elsewhere has a group, and a post by its Message-ID.
    :func:`is_group_url` and :func:`is_topic_url` check them.
    """

    groupserver: bool = True
    group: str | None = None
    topic: str | None = None

    def home(self, site_url: str) -> str | None:
        """Return the URL of a site's own pages."""
        return site_url if self.groupserver else None

    def group_page(self, site_url: str, group_id: str) -> str | None:
        """Return the URL of the page with the posts of a group."""
        if self.group is not None:
            return _filled(self.group, {"group": group_id})
        return self.group_settings(site_url, group_id)

    def group_settings(self, site_url: str, group_id: str) -> str | None:
        """Return the URL of GroupServer's page of a group; its settings are below it."""
        return f"{site_url}/groups/{quote(group_id, safe='')}" if self.groupserver else None

    def topic_page(
        self, site_url: str, group_id: str, post_id: str, message_id: str | None
    ) -> str | None:
        """Return the URL of the topic that begins with a post; ``None`` if it has no page.

        The *message_id* of the post has no angle brackets; it is ``None`` if it is unknown.
        """
        if self.topic is not None and message_id is not None:
            values = {
                "group": group_id,
                "message-id": message_id,
                "message-id-hash": message_id_hash(message_id),
            }
            return _filled(self.topic, values)
        return f"{site_url}/r/topic/{quote(post_id, safe='')}" if self.groupserver else None

    def profile(self, site_url: str, user_id: str) -> str | None:
        """Return the URL of a member's profile."""
        return f"{site_url}/p/{quote(user_id, safe='')}" if self.groupserver else None


def _filled(url: str, values: dict[str, str]) -> str:
    return _BRACES.sub(lambda match: quote(values[match[1]], safe="@"), url)


def message_id_hash(message_id: str) -> str:
    """Return Mailman 3's name for a post: the SHA-1 of its Message-ID, in base 32.

    The header field ``Message-ID-Hash`` and the URLs of HyperKitty have it.
    """
    digest = hashlib.sha1(message_id.encode(), usedforsecurity=False).digest()
    return base64.b32encode(digest).decode("ascii")


@dataclass(frozen=True, slots=True)
class SitePages:
    """The pages of a site; each is ``None`` if the site's own URL is not one of the web.

    On one of them a member who never logged in gets a password; on the other two an administrator
    starts a group, and manages the site.
    """

    url: str | None
    reset_password: str | None
    start_group: str | None
    administer: str | None


@dataclass(frozen=True, slots=True)
class GroupPages:
    """The pages of a group; each is ``None`` if its URL is missing, or not one of the web.

    The posts are at *url*. On the others a member leaves the group, starts a topic, and chooses
    between a digest and one e-mail per post; an administrator sets who may see the group.
    """

    url: str | None
    leave: str | None
    start_topic: str | None
    delivery: str | None
    privacy: str | None


@dataclass(frozen=True, slots=True)
class ProfilePages:
    """The pages of a member; each is ``None`` if the profile's URL is not one of the web.

    On them members change their names and biographies, their photos, and their e-mail addresses.
    """

    url: str | None
    edit: str | None
    photo: str | None
    email_settings: str | None


def site_pages(url: str | None) -> SitePages:
    """Return the pages of the site at *url*."""
    home = web(url)
    return SitePages(
        url=home,
        reset_password=_page(home, "reset_password.html"),
        start_group=_page(home, "createagroup.html"),
        administer=_page(home, "admindivision"),
    )


def group_pages(url: str | None, settings_url: str | None) -> GroupPages:
    """Return the pages of a group: the posts at *url*, the others below *settings_url*."""
    settings = web(settings_url)
    return GroupPages(
        url=web(url),
        leave=_page(settings, "leave.html"),
        start_topic=_page(settings, "starttopic.html"),
        delivery=_page(settings, "email_settings.html"),
        privacy=_page(settings, "admin_change_basic_privacy.html"),
    )


def profile_pages(url: str | None) -> ProfilePages:
    """Return the pages of the member whose profile is at *url*."""
    profile = web(url)
    return ProfilePages(
        url=profile,
        edit=_page(profile, "edit.html"),
        photo=_page(profile, "image.html"),
        email_settings=_page(profile, "emailsettings.html"),
    )


def _page(url: str | None, name: str) -> str | None:
    return url and f"{url.rstrip('/')}/{name}"


#: The path of signed links, below the URL of a site; the name of a member follows, signed.
STOP_PATH: Final = "/gs-profile-status-stop/"

# The purpose is signed too: a signature for another purpose, with the same key, is no link.
_PURPOSE: Final = b"gs.profile.status.site: turn the summary off or on\n"
# Half of HMAC-SHA256, the least in RFC 2104 (5): 128 bits, which nobody can guess.
_MAC_OCTETS: Final = 16
# The length of 16 octets in base64. The last character has two of their bits, so it is A, Q, g or
# w. A "-" or "_" at the end would be lost in mail programs that make links of a text.
_MAC_CHARACTERS: Final = 22


class InvalidLinkError(ValueError):
    """The site did not make this link: it is forged, or was damaged on its way."""


def stop_link(base_url: str, key: str, user_id: str) -> str:
    """Return the link with which a member turns the summary off, or on again: one line of ASCII.

    The *base_url* of the site is ASCII too; an ID of 22 letters and digits adds 76 characters to
    it. The link is always the same and never expires; only another *key* ends it.
    Raises :exc:`ValueError` for an empty key, with which anybody could make links.
    """
    return f"{base_url.rstrip('/')}{STOP_PATH}{_signed(key, _octets(user_id))}"


def read_link(key: str, text: str) -> str:
    """Return the ID of the member in a link; *text* follows the path of signed links.

    Raises :exc:`InvalidLinkError`, after a time that does not depend on how much is right.
    """
    try:
        given = text.encode("ascii")
        payload = given[:-_MAC_CHARACTERS]
        octets = base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))
        user_id = octets.decode()
    except (UnicodeError, binascii.Error) as error:
        raise InvalidLinkError("The link is damaged") from error
    # The text is made again and compared as a whole: base64 decoders accept several spellings.
    if not hmac.compare_digest(_signed(key, octets).encode(), given):
        raise InvalidLinkError("The link is not signed by this site")
    return user_id


def _signed(key: str, octets: bytes) -> str:
    if not key:
        raise ValueError("a link cannot be signed with an empty key")
    mac = hmac.digest(key.encode(), _PURPOSE + octets, "sha256")[:_MAC_OCTETS]
    return _encoded(octets) + _encoded(mac)


def _encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _octets(user_id: str) -> bytes:
    # No ID of a member has half of a surrogate pair; the link of such a text leads to nobody.
    return user_id.encode("utf-8", "surrogatepass")
