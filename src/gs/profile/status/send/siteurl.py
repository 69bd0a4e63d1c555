# SPDX-License-Identifier: MIT
"""The URL of a site: parsed, checked and normalized (RFC 3986)."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address
from typing import Final, Self
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from .errors import UsageError

_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_UNRESERVED: Final = re.compile("[A-Za-z0-9._~-]")
_EXAMPLE: Final = "Give the address of the site, such as https://groups.example.com/"


@dataclass(frozen=True, slots=True)
class SiteUrl:
    """The root of a site: *host* is a name in ASCII, an IPv4 address, or a bare IPv6 address."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the site at *text*; raises :class:`UsageError` if it is not such a URL."""
        if not text.isprintable() or " " in text:
            raise _wrong("The URL has a character that is not allowed in a URL", text)
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError as error:
            raise _wrong("This is not a URL", text) from error
        _check(parts, text)
        if port is None:
            port = _PORTS[parts.scheme]
        return cls(parts.scheme, _host(parts.hostname or "", text), port, _path(parts.path))

    @classmethod
    def of_host(cls, text: str) -> Self:
        """Return the site at *text*, a host with or without a port, or a whole URL."""
        if "://" in text:
            return cls.parse(text)
        bare_ipv6 = text.count(":") > 1 and not text.startswith("[")
        return cls.parse(f"http://[{text}]" if bare_ipv6 else f"http://{text}")

    @property
    def authority(self) -> str:
        """The host, and the port if it is not the default port of the scheme."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def identity(self) -> str:
        """The name of the site in a ledger: host, port and path, for each spelling of its URL.

        ``http`` and ``https`` of a host are one site: an operator who changes the URL in the
        crontab to ``https`` must not mail everybody again.
        """
        host, port = self.authority.removesuffix(f":{self.port}"), self.port
        usual = port == _PORTS[self.scheme]
        return f"{host.rstrip('.')}{'' if usual else f':{port}'}{self.path}"

    def hook(self, uri: str) -> str:
        """Return the URL of a hook, whose path below the site is *uri*."""
        return f"{self}{uri}"

    def moved(self, uri: str, location: str) -> "SiteUrl | None":
        """Return the site to which a redirect of the hook *uri* to *location* leads.

        Returns ``None`` if to follow it could disclose the token: another host or port, http
        instead of https, or something that is not the hook. Raises :exc:`ValueError` if
        *location* is not a URL.
        """
        target = urljoin(self.hook(uri), location)
        if not target.partition("#")[0].endswith(uri):
            return None
        try:
            site = SiteUrl.parse(target.partition("#")[0].removesuffix(uri))
        except UsageError:
            return None
        same_server = (site.scheme, site.port) == (self.scheme, self.port)
        upgraded = (self.scheme, site.scheme) == ("http", "https")
        return site if site.host == self.host and (same_server or upgraded) else None

    def __str__(self) -> str:
        """Return the URL without a slash at the end."""
        return f"{self.scheme}://{self.authority}{self.path}"


def _check(parts: SplitResult, text: str) -> None:
    if "@" in parts.netloc:
        # The URL is not quoted: it may have a password.
        raise UsageError(f"The URL must not have a user name or a password.\n{_EXAMPLE}")
    if not parts.hostname:
        raise _wrong("The URL has no host", text)
    if parts.scheme not in _PORTS:
        raise _wrong("The URL must start with http:// or https://", text)
    if "?" in text or "#" in text:
        raise _wrong("The URL must not have a query or a fragment (? or #)", text)
    if parts.port == 0:
        raise _wrong("The URL must not have the port 0", text)


def _host(host: str, text: str) -> str:
    try:
        if ":" in host:
            return IPv6Address(host).compressed
        ascii_host = host.encode("idna").decode("ascii").lower()
    except (AddressValueError, UnicodeError) as error:
        raise _wrong("The URL has a host name that is not valid", text) from error
    if not _HOST.fullmatch(ascii_host):
        raise _wrong("The URL has a host name that is not valid", text)
    return ascii_host


def _path(path: str) -> str:
    # Normalization as in RFC 3986, 6.2.2, so that two spellings of a path are one site.
    quoted = quote(path, safe="/%:@!$&'()*+,;=-._~")
    plain = re.sub("%[0-9A-Fa-f]{2}", _normal, quoted)
    return urlsplit(urljoin("http://host/", plain)).path.rstrip("/")


def _normal(escape: re.Match[str]) -> str:
    character = chr(int(escape[0][1:], 16))
    return character if _UNRESERVED.fullmatch(character) else escape[0].upper()


def _wrong(what: str, text: str) -> UsageError:
    shown = text if text.isprintable() else ascii(text)[1:-1]
    return UsageError(f"{what}: {shown}\n{_EXAMPLE}")
