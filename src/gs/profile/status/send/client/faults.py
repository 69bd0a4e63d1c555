# SPDX-License-Identifier: MIT
"""What an error of libcurl means for a run that has not begun."""

from typing import Final

import pycurl

from gs.profile.status.send import errors
from gs.profile.status.send.siteurl import SiteUrl

from .loop import End

_NO_TRUST: Final = (pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_ISSUER_ERROR)
_NO_HTTP: Final = (pycurl.E_UNSUPPORTED_PROTOCOL, 8, pycurl.E_BAD_CONTENT_ENCODING)


def error_of(end: End, text: str, site: SiteUrl) -> errors.SendProfileError:
    """Return the error for a members hook that could not be called, *text* being why."""
    if end.error == pycurl.E_COULDNT_RESOLVE_HOST:
        return errors.HostNotFoundError(
            f"There is no host called {site.host}.\n"
            "Check the URL; if it is right, this machine's name service may be out of order."
        )
    if end.error == pycurl.E_SSL_CACERT_BADFILE:
        return errors.UsageError(f"No authorities can be read from the file given: {text}")
    if end.error in _NO_TRUST:
        return errors.NotTrustedError(
            f"The certificate of {site.authority} cannot be trusted: {text}.\n"
            "Renew it; or name the file of a private authority with --cacert."
        )
    if end.error in _NO_HTTP:
        return errors.ProtocolError(
            f"What answers at {site} does not speak HTTP: {text}.\nCheck the URL and its port."
        )
    return errors.UnreachableError(
        f"The site at {site} cannot be reached: {text}.\nNobody was sent to; try again later."
    )
