# SPDX-License-Identifier: MIT
"""Draws the pictures of the README: a run of sendprofile in a terminal, and an e-mail."""

import io
import json
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from itertools import groupby
from pathlib import Path

import pexpect
import pyte
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
PROGRAMS = Path(sysconfig.get_path("scripts"))
COLUMNS, LINES = 118, 20
COLOURS = {"brown": "yellow"}  # pyte calls yellow "brown"


@contextmanager
def site() -> Iterator[dict[str, str]]:
    """Serve the demo community, and yield the content of its ready file."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder, "ready.json")
        command = [PROGRAMS / "sendprofile-site", "demo", "--ready-file", ready]
        process = subprocess.Popen([*command, "--folder", Path(folder, "site")], stdout=-3)
        try:
            while not ready.exists():
                time.sleep(0.05)
            yield json.loads(ready.read_text("utf-8"))
        finally:
            process.terminate()
            process.wait()


def draw_terminal(served: dict[str, str]) -> None:
    """Run the command in a terminal, and draw the screen in the middle of the run."""
    screen = pyte.Screen(COLUMNS, LINES)
    ledger = str(Path(served["maildir"]).with_name("ledger.sqlite3"))
    argv = ["-v", "-t", "0.02", "-c", served["config"], "--ledger", ledger, served["url"]]
    run = pexpect.spawn(str(PROGRAMS / "sendprofile"), argv, dimensions=(LINES, COLUMNS))
    stream = pyte.ByteStream(screen)
    run.expect(rb"13/\d+[^\r]*\r")
    stream.feed(run.before + run.after)
    run.expect(pexpect.EOF)
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    for row in range(LINES):
        console.print(line_of(screen, row))
    svg = console.export_svg(title="sendprofile -v")
    # Remove the fonts that a browser would load from another server.
    svg = re.sub(r"@font-face {.*?}", "", svg, flags=re.DOTALL)
    (PICTURES / "terminal.svg").write_text(svg, "utf-8")


def line_of(screen: pyte.Screen, row: int) -> Text:
    """Return a line of the emulated terminal with its colours."""
    line = Text(no_wrap=True)
    cells = [screen.buffer[row][column] for column in range(COLUMNS)]
    for (colour, bold), run in groupby(cells, key=lambda cell: (cell.fg, cell.bold)):
        style = "" if colour == "default" else COLOURS.get(colour, colour)
        line.append(
            "".join(cell.data for cell in run), f"{'bold ' if bold else ''}{style}".strip()
        )
    return line


def draw_notification(served: dict[str, str]) -> None:
    """Make a screenshot of the longest e-mail, as wide as in a mail program on a desktop."""
    mails = [path.read_bytes() for path in Path(served["maildir"], "new").iterdir()]
    html = message_from_bytes(max(mails, key=len), policy=policy.default).get_body(("html",))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 640, "height": 900})
        page.set_content(html.get_content())
        page.screenshot(path=PICTURES / "notification.png")
        browser.close()


def main() -> None:
    """Draw both pictures."""
    PICTURES.mkdir(exist_ok=True)
    with site() as served:
        draw_terminal(served)
        draw_notification(served)


if __name__ == "__main__":
    sys.exit(main())
