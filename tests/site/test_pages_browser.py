# SPDX-License-Identifier: MIT
"""The pages in a real browser without JavaScript."""

from base64 import b64encode
from contextlib import contextmanager

import pytest

from embedded.database import TOKEN, only
from embedded.pages import Mail, live_pages, skips, stop_path
from gs.profile.status.hooks import Status
from gs.profile.status.site.store import tables
from gs.profile.status.site.web.pages import PlannedNotification
from limits import LIMIT
from notifications.browser import CONTRASTS, PHOTO, chromium

pytestmark = [pytest.mark.browser, only("sqlite")]

WIDTHS = (320, 600, 1200)
LONG = "Donaudampfschifffahrtselektrizit\u00e4tenhauptbetriebswerk" * 2
PREVIEW = "/gs-profile-status-preview"
#: A mail that tries everything that the preview must prevent.
HTML = f"""\
<!DOCTYPE html><html lang="en"><title>T</title>
<body onload="document.title='run'" style="background: rgb(1, 2, 3)">
<style>h1 {{ color: rgb(4, 5, 6) }}</style><h1>Mail</h1>
<img src="data:image/svg+xml;base64,{b64encode(PHOTO.encode()).decode()}" alt="shown">
<p><a href="{stop_path("ann")}">Stop</a> <a href="{stop_path("ann")}" target="_top">Out</a></p>
<form method="post" action="{stop_path("ann")}"><button name="summary" value="off">Send</button>
</form><script>document.querySelector("h1").textContent = "Run"</script>"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture
def site(db):
    """Serve the pages; yield the URL."""
    db.add_person("ann", "g")
    db.add_site("long", LONG)
    db.insert(tables.PERSON, user_id="lou", name="Lou", language="de")
    db.add_membership("lou", "", "long")

    def look(_user_id, _period):
        return PlannedNotification(
            Status.SENT, "Sent", Mail(html=HTML, text=f"{LONG * 3}\n", subject=LONG)
        )

    with live_pages(db.engine, look) as running:
        yield f"http://127.0.0.1:{running.port}"


@contextmanager
def opened(browser, url, *, width=600, scheme="light", script=False):
    """Open a page and yield it."""
    context = browser.new_context(
        java_script_enabled=script,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
    )
    context.set_default_timeout(LIMIT * 1000)
    page = context.new_page()
    page.goto(url)
    yield page
    context.close()


def test_the_link_opens_the_page_and_the_buttons_turn_mail_off_and_on(browser, site, db):
    with opened(browser, site + stop_path("ann")) as page:
        url = page.url
        assert page.get_by_role("heading", level=1).inner_text() == "The monthly summary is on"
        assert skips(db) == set()
        page.get_by_role("button", name="Stop the monthly summary").click()
        assert page.get_by_role("heading", level=1).inner_text() == "The monthly summary is off"
        assert page.get_by_role("status").is_visible()
        assert skips(db) == {"ann"}
        page.get_by_role("button", name="Turn it on again").click()
        assert page.get_by_role("heading", level=1).inner_text() == "The monthly summary is on"
        assert skips(db) == set()
        assert page.url == url


def test_the_page_works_with_the_keyboard_only(browser, site, db):
    with opened(browser, site + stop_path("ann")) as page:
        page.keyboard.press("Tab")
        assert page.locator("button:focus-visible").count() == 1
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.title() == "The monthly summary is off \u2013 Site"
        page.keyboard.press("Tab")
        with page.expect_navigation():
            page.keyboard.press("Space")
        assert page.title() == "The monthly summary is on \u2013 Site"
    assert skips(db) == set()


def test_the_page_works_with_a_screen_reader(browser, site):
    with opened(browser, site + stop_path("ann")) as page:
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.locator("main").aria_snapshot().splitlines()[:2] == [
            "- main:",
            "  - paragraph: Site",
        ]
        spoken = page.locator("main").aria_snapshot()
        assert '- heading "The monthly summary is on" [level=1]' in spoken
        assert '- button "Stop the monthly summary"' in spoken


def test_the_style_sheet_is_allowed_by_its_hash(browser, site):
    with opened(browser, site + stop_path("ann"), script=True) as page:
        radius = page.locator("main").evaluate("e => getComputedStyle(e).borderTopLeftRadius")
        assert radius == "12px"


@pytest.mark.parametrize("width", WIDTHS)
def test_no_element_overflows(browser, site, width):
    for path in (stop_path("lou"), f"{stop_path('lou')}x", PREVIEW):
        with opened(browser, site + path, width=width, script=True) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            box = page.locator("main").bounding_box()
            assert box["width"] <= 600
            assert abs(box["x"] + box["width"] / 2 - width / 2) < 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(browser, site, scheme):
    with opened(browser, site + stop_path("ann"), scheme=scheme, script=True) as page:
        contrasts = page.evaluate(CONTRASTS)
        with page.expect_navigation():
            page.get_by_role("button").click()
        contrasts += page.evaluate(CONTRASTS)
        page.goto(site + PREVIEW)
        page.get_by_role("button").evaluate("e => e.form.noValidate = true")
        page.get_by_role("button").click()
        page.get_by_role("alert").wait_for()
        contrasts += page.evaluate(CONTRASTS)
    assert {"P", "H1", "BUTTON", "LABEL"} <= {tag for _, tag, _ in contrasts}
    assert [one for one in contrasts if one[0] < 4.5] == []


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_the_colours_follow_the_colour_scheme(browser, site, scheme, is_dark):
    with opened(browser, site + stop_path("ann"), scheme=scheme, script=True) as page:
        for element in ("body", "main"):
            colour = page.locator(element).evaluate("e => getComputedStyle(e).backgroundColor")
            channels = [int(one) for one in colour[4:-1].split(",")]
            assert (max(channels) < 64) is is_dark, colour


def check_preview(page):
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_label("Profile ID").fill("ann")
    page.get_by_role("button", name="Show the notification").click()
    page.locator("iframe").wait_for()


def test_the_preview_shows_the_mail_and_not_the_token(browser, site):
    with opened(browser, site + PREVIEW, width=1200) as page:
        check_preview(page)
        assert page.url == site + PREVIEW
        assert page.frame_locator("iframe").get_by_role("heading").inner_text() == "Mail"
        assert page.get_by_label("Token").input_value() == ""
        assert page.get_by_label("Profile ID").input_value() == "ann"
        assert TOKEN not in page.content()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_preview_does_not_overflow(browser, site, width):
    with opened(browser, site + PREVIEW, width=width, script=True) as page:
        check_preview(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_preview_shows_styles_and_pictures_of_the_mail(browser, site):
    with opened(browser, site + PREVIEW, script=True) as page:
        check_preview(page)
        frame = page.frame_locator("iframe")
        colour = "e => getComputedStyle(e).%s"
        assert frame.locator("h1").evaluate(colour % "color") == "rgb(4, 5, 6)"
        assert frame.locator("body").evaluate(colour % "backgroundColor") == "rgb(1, 2, 3)"
        image = frame.get_by_alt_text("shown")
        image.evaluate("e => e.decode()")
        assert image.evaluate("e => e.naturalWidth") == 64


def test_the_mail_in_the_preview_runs_no_script_and_follows_no_link(browser, site, db):
    with opened(browser, site + PREVIEW, script=True) as page:
        check_preview(page)
        for role, name in (("link", "Stop"), ("link", "Out"), ("button", "Send")):
            frame = page.frame_locator("iframe")
            assert frame.locator("h1").inner_text() == "Mail"
            frame.get_by_role(role, name=name).click(no_wait_after=True)
            page.wait_for_timeout(300)
            assert page.url == site + PREVIEW
            assert [one for one in page.frames if "-stop/" in one.url] == []
            check_preview(page)
    assert skips(db) == set()
