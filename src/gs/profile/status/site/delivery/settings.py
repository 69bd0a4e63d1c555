# SPDX-License-Identifier: MIT
"""What has to be known of a mail server to hand letters to it."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

from gs.profile.status.site.addresses import AddressError, parse_address

Security = Literal["starttls", "tls", "none"]

#: The port of each security, where none is given (RFC 6409, RFC 8314, RFC 5321).
PORTS: Final[dict[Security, int]] = {"starttls": 587, "tls": 465, "none": 25}

_LAST_PORT: Final = 65535
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# So that there is room for "+=" and a digest in the 64 octets of RFC 5321, 4.5.3.1.1.
_BOUNCES: Final = re.compile(r"(?=[^@]{1,36}@)[A-Za-z0-9_-]+([.+][A-Za-z0-9_-]+)*@[!-~]+")

# RFC 5321, 4.1.3: a machine without a name has its address in brackets.
_LOCAL_HOSTNAME: Final = re.compile(
    r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?|\[[A-Za-z0-9.:]+\]"
)


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """A mail server, and how letters are handed to it.

    The *security* is ``starttls`` (asked for before anything else, and required), ``tls`` from the
    first byte on, or ``none``. *port* 0 is the usual one. *ca_file* is a PEM file of the only
    authorities that are trusted, instead of the system's. *bounces* is the address that gets the
    bounces, to which the member's ID is added. *timeout* and *final_timeout*, both in seconds, are
    for an answer, and for the one that says whether the letter was taken (RFC 5321, 4.5.3.2). At
    most *connections* are open at once; each is closed after so many *messages*, or when it was
    *idle* for so many seconds. Raises :exc:`ValueError` that says what to mend.
    """

    host: str
    port: int = 0
    security: Security = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout: float = 60
    final_timeout: float = 600
    connections: int = 4
    messages: int = 100
    idle: float = 60
    bounces: str | None = None
    local_hostname: str | None = None

    def __post_init__(self) -> None:
        """Check them, and fill in the port."""
        for problem in self._problems():
            raise ValueError(problem)
        if self.port == 0:
            object.__setattr__(self, "port", PORTS[self.security])

    def _problems(self) -> list[str]:
        wrong = {
            "security is one of starttls, tls and none": self.security not in get_args(Security),
            "host is the name or the address of a machine": not _is_name(self.host),
            "port is a number up to 65535": not 0 <= self.port <= _LAST_PORT,
            "timeout, final-timeout and idle are more than 0 seconds": (
                min(self.timeout, self.final_timeout, self.idle) <= 0
            ),
            "connections and messages are 1 at least": min(self.connections, self.messages) < 1,
            "user and password come together": (self.user is None) != (self.password is None),
            "a password is only sent under TLS: set security to starttls or tls": (
                self.user is not None
                and self.security == "none"
                and self.host not in _THIS_MACHINE
            ),
            "bounces is an address of plain ASCII, with at most 36 characters before the @": (
                self.bounces is not None and not _is_bounce_address(self.bounces)
            ),
            "local-hostname is a name of plain ASCII, such as mail.example.org, or [192.0.2.1]": (
                self.local_hostname is not None
                and _LOCAL_HOSTNAME.fullmatch(self.local_hostname) is None
            ),
        }
        return [problem for problem, there in wrong.items() if there]


def _is_bounce_address(address: str) -> bool:
    try:
        return _BOUNCES.fullmatch(parse_address(address)) is not None
    except AddressError:
        return False


def _is_name(host: str) -> bool:
    try:
        return bool(host.encode("idna"))
    except UnicodeError:
        return False
