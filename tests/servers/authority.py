# SPDX-License-Identifier: MIT
"""A private certificate authority, with TLS contexts of good and bad certificates."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

_NAMES = ("localhost", "127.0.0.1", "::1")


class Authority:
    """An authority whose certificate is the PEM file *pem*, for ``--cacert``."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self._other = trustme.CA()
        self.pem = folder / "authority.pem"
        self._ca.cert_pem.write_to_path(self.pem)

    def good(self) -> ssl.SSLContext:
        """Return a context whose certificate is for this machine."""
        return _context(self._ca.issue_cert(*_NAMES))

    def wrong_name(self) -> ssl.SSLContext:
        """Return a context whose certificate is for another host."""
        return _context(self._ca.issue_cert("elsewhere.example.org"))

    def expired(self) -> ssl.SSLContext:
        """Return a context whose certificate ended yesterday."""
        now = datetime.now(UTC)
        began, ended = now - timedelta(days=30), now - timedelta(days=1)
        return _context(self._ca.issue_cert(*_NAMES, not_before=began, not_after=ended))

    def unknown(self) -> ssl.SSLContext:
        """Return a context whose certificate is good, but of another authority."""
        return _context(self._other.issue_cert(*_NAMES))


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
