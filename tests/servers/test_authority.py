# SPDX-License-Identifier: MIT
"""The certificates of the private authority for a TLS client."""

import ssl

import pytest

from servers import raw_client


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_good_certificate_is_trusted(groupserver, authority, host):
    site = groupserver(members=["u1"], tls=authority.good(), host=host)
    assert site.url.startswith("https://")
    with raw_client.RawClient(site, authority) as client:
        assert client.ask(raw_client.send())[0].startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("wrong_name", "IP address mismatch"),
        ("expired", "certificate has expired"),
        ("unknown", "unable to get local issuer certificate"),
    ],
)
def test_a_bad_certificate_is_refused(groupserver, authority, kind, complaint):
    site = groupserver(members=["u1"], tls=getattr(authority, kind)())
    with pytest.raises(ssl.SSLCertVerificationError, match=complaint):
        raw_client.RawClient(site, authority)
    assert not site.requests
