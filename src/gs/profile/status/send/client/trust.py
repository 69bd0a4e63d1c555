# SPDX-License-Identifier: MIT
"""Which authorities a TLS certificate may come from."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pycurl

# Where systems keep their bundle, for a Python that was built elsewhere and does not know.
_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


@dataclass(frozen=True, slots=True)
class Trust:
    """A file, a folder or both, of authorities in PEM."""

    file: str | None
    folder: str | None

    @classmethod
    def in_(cls, file: Path) -> "Trust":
        """Return the trust in the authorities of *file*, and in no others."""
        return cls(str(file), None)

    @classmethod
    def in_system(cls) -> "Trust":
        """Return the trust in ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``, else in the system's own.

        libcurl comes with an OpenSSL of its own, which knows nothing of the system's.
        """
        import ssl  # noqa: PLC0415 - it is large, and --cacert does without

        paths = ssl.get_default_verify_paths()
        if paths.cafile or paths.capath:
            return cls(paths.cafile, paths.capath)
        return cls(next((path for path in _BUNDLES if Path(path).is_file()), None), None)

    def options(self) -> Iterator[tuple[int, object]]:
        """Yield the options of libcurl that verify a server, or a proxy, by these."""
        yield pycurl.SSL_VERIFYPEER, 1
        yield pycurl.SSL_VERIFYHOST, 2
        if self.file:
            yield pycurl.CAINFO, self.file
            yield pycurl.PROXY_CAINFO, self.file
        if self.folder:
            yield pycurl.CAPATH, self.folder
            yield pycurl.PROXY_CAPATH, self.folder
