# SPDX-License-Identifier: MIT
"""Requests that the forward proxy forwards or refuses."""

import io

import pycurl
import pytest

from servers import hooks


def _send(site, proxy, authority, credentials=""):
    """Return libcurl's error, the status, and the status of CONNECT."""
    client = pycurl.Curl()
    client.setopt(pycurl.URL, site.url + hooks.SEND)
    client.setopt(pycurl.PROXY, proxy.url)
    client.setopt(pycurl.PROXYUSERPWD, credentials)
    client.setopt(pycurl.CAINFO, str(authority.pem))
    client.setopt(pycurl.POSTFIELDS, "profileId=u1&token=secret&send=Send")
    client.setopt(pycurl.WRITEDATA, io.BytesIO())
    try:
        client.perform()
        error = 0
    except pycurl.error as problem:
        error = problem.args[0]
    codes = (client.getinfo(pycurl.RESPONSE_CODE), client.getinfo(pycurl.HTTP_CONNECTCODE))
    client.close()
    return error, *codes


def test_http_requests_pass(groupserver, proxy, authority):
    site, way = groupserver(members=["u1"]), proxy()
    assert _send(site, way, authority) == (0, 200, 0)
    assert way.passed == [f"POST 127.0.0.1 {hooks.SEND}"]
    assert site.mailed == {"u1": 1}


@pytest.mark.parametrize("http2", [False, True])
def test_https_passes_through_a_tunnel(groupserver, proxy, authority, http2):
    site, way = groupserver(members=["u1"], tls=authority.good(), http2=http2), proxy()
    assert _send(site, way, authority) == (0, 200, 200)
    assert way.passed == [f"CONNECT 127.0.0.1 127.0.0.1:{site.port}"]
    assert site.requests[0].version == ("HTTP/2" if http2 else "HTTP/1.1")


def test_a_proxy_that_refuses_answers_403(groupserver, proxy, authority):
    way = proxy(refuses=True)
    plain, secure = groupserver(members=["u1"]), groupserver(tls=authority.good())
    assert _send(plain, way, authority) == (0, 403, 0)
    assert _send(secure, way, authority) == (pycurl.E_COULDNT_CONNECT, 0, 403)
    assert not plain.connections + secure.connections


def test_a_proxy_with_credentials_answers_407_to_others(groupserver, proxy, authority):
    way = proxy(credentials="someone:word")
    plain, secure = groupserver(members=["u1"]), groupserver(tls=authority.good())
    assert _send(plain, way, authority) == (0, 407, 0)
    assert _send(secure, way, authority) == (pycurl.E_COULDNT_CONNECT, 0, 407)
    assert not plain.connections + secure.connections
    assert _send(plain, way, authority, "someone:word") == (0, 200, 0)
