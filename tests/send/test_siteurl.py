# SPDX-License-Identifier: MIT
"""The URL of a site is parsed, checked and normalized."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.send.errors import UsageError
from gs.profile.status.send.siteurl import SiteUrl

HOOK = "/gs-profile-status-members.html"


@pytest.mark.parametrize(
    ("given_", "canonical"),
    [
        ("http://groups.example.com", "http://groups.example.com"),
        ("http://groups.example.com/", "http://groups.example.com"),
        ("HTTP://Groups.Example.COM:80/", "http://groups.example.com"),
        ("https://groups.example.com:443", "https://groups.example.com"),
        ("https://groups.example.com:8443/a/b/", "https://groups.example.com:8443/a/b"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("http://[2001:DB8::1]", "http://[2001:db8::1]"),
        ("http://localhost", "http://localhost"),
        ("http://my_host.example.", "http://my_host.example."),
        ("https://bücher.example/", "https://xn--bcher-kva.example"),
        ("https://example.com/grüße", "https://example.com/gr%C3%BC%C3%9Fe"),
    ],
)
def test_a_good_url_has_one_spelling(given_, canonical):
    assert str(SiteUrl.parse(given_)) == canonical
    assert SiteUrl.parse(canonical).hook(HOOK) == canonical + HOOK


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("gstest", "The URL has no host: gstest"),
        ("/path", "The URL has no host: /path"),
        ("http://", "The URL has no host: http://"),
        ("", "The URL has no host: \n"),
        ("groups.example.com:80", "The URL has no host"),
        ("ftp://example.com", "The URL must start with http:// or https://"),
        ("file:///etc/passwd", "The URL has no host"),
        ("http://example.com/?a=b", "must not have a query or a fragment"),
        ("http://example.com/?", "must not have a query or a fragment"),
        ("http://example.com/#top", "must not have a query or a fragment"),
        ("http://example.com:99999/", "This is not a URL"),
        ("http://example.com:0/", "must not have the port 0"),
        ("http://example.com:port/", "This is not a URL"),
        ("http://[::1", "This is not a URL"),
        ("http://[zz::1]/", "This is not a URL"),
        ("http://exa mple.com", "character"),
        ("http://example.com/\nHost: x", "character"),
        ("http://exa%6dple.com", "name"),
        ("http://-._.-..x", "name"),
        ("http://" + "a" * 70 + ".com", "name"),
    ],
)
def test_the_error_for_a_bad_url_has_the_reason_and_an_example(url, says):
    with pytest.raises(UsageError) as raised:
        SiteUrl.parse(url)
    assert says in str(raised.value)
    assert "https://groups.example.com/" in str(raised.value)


@pytest.mark.parametrize(
    "url", ["http://me:pass@example.com/", "http://a\\@b.com/", "http://me@x"]
)
def test_a_password_is_refused_and_not_quoted(url):
    with pytest.raises(UsageError, match="user name") as raised:
        SiteUrl.parse(url)
    assert "pass" not in str(raised.value).replace("password", "")


@pytest.mark.parametrize(
    ("hostname", "url"),
    [
        ("groups.example.com", "http://groups.example.com"),
        ("groups.example.com:8080", "http://groups.example.com:8080"),
        ("https://groups.example.com/a", "https://groups.example.com/a"),
        ("::1", "http://[::1]"),
        ("[::1]:80", "http://[::1]"),
    ],
)
def test_a_hostname_may_have_a_port_or_be_a_whole_url(hostname, url):
    assert str(SiteUrl.of_host(hostname)) == url


@pytest.mark.parametrize(
    ("site", "location", "moved"),
    [
        ("http://a.example", f"https://a.example{HOOK}", "https://a.example"),
        ("http://a.example", f"https://A.example:443/x{HOOK}", "https://a.example/x"),
        ("http://a.example:8080", f"https://a.example:8443{HOOK}", "https://a.example:8443"),
        ("http://a.example", f"/x{HOOK}", "http://a.example/x"),
        ("https://a.example/x", f"https://a.example{HOOK}", "https://a.example"),
        ("http://a.example", f"http://a.example{HOOK}#top", "http://a.example"),
        ("https://a.example", f"http://a.example{HOOK}", None),
        ("http://a.example", f"http://b.example{HOOK}", None),
        ("http://a.example", f"https://www.a.example{HOOK}", None),
        ("http://a.example", f"//b.example{HOOK}", None),
        ("http://a.example", f"http://a.example:8080{HOOK}", None),
        ("http://a.example", "https://a.example/login", None),
        ("http://a.example", f"https://a.example{HOOK}?next=x", None),
        ("http://a.example", f"https://me@a.example{HOOK}", None),
        ("http://a.example", f"ftp://a.example{HOOK}", None),
    ],
)
def test_a_redirect_is_followed_only_if_it_does_not_disclose_the_token(site, location, moved):
    site_ = SiteUrl.parse(site).moved(HOOK, location)
    assert (str(site_) if site_ else None) == moved


@pytest.mark.parametrize("location", ["http://[evil", f"//[::1{HOOK}", f"http://a]{HOOK}"])
def test_a_redirect_to_something_that_is_not_a_url_is_an_error(location):
    with pytest.raises(ValueError, match="URL"):
        SiteUrl.parse("http://a.example").moved(HOOK, location)


@given(st.text(), st.sampled_from(["", "//", "http://", "https://a.example:", "http://["]))
def test_a_redirect_to_any_text_raises_value_error_at_most(text, before):
    site = SiteUrl.parse("https://a.example")
    with contextlib.suppress(ValueError):
        moved = site.moved(HOOK, f"{before}{text}{HOOK}")
        assert moved is None or (moved.scheme, moved.authority) == ("https", "a.example")


@given(st.text())
def test_any_text_is_a_url_or_a_usage_error(text):
    for url in (text, f"http://{text}", f"http://example.com/{text}"):
        try:
            site = SiteUrl.parse(url)
        except UsageError:
            continue
        assert SiteUrl.parse(str(site)) == site


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost",
        "http://localhost/",
        "http://localhost///",
        "http://LocalHost.",
        "HTTP://localhost.:80/",
        "https://localhost",
        "HTTPS://LOCALHOST.:443/",
    ],
)
def test_every_spelling_of_a_url_is_the_same_site(url):
    assert SiteUrl.parse(url).identity == "localhost"


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://localhost/gs:80", "http://localhost.localdomain:1"]
)
def test_another_port_path_or_host_is_another_site(url):
    assert SiteUrl.parse(url).identity == url.removeprefix("http://")
