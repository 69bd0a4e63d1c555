# SPDX-License-Identifier: MIT
"""Makes the pictures of the README from the real thing: a run in a terminal, and an e-mail."""

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
COLOURS = {"brown": "yellow"}  # what pyte calls it


@contextmanager
def site() -> Iterator[dict[str, str]]:
    """Serve the demo community, and yield what it says of itself."""
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


def draw_terminal(said: dict[str, str]) -> None:
    """Run the command in a terminal, and draw what it shows in the middle of the run."""
    screen = pyte.Screen(COLUMNS, LINES)
    ledger = str(Path(said["maildir"]).with_name("ledger.sqlite3"))
    argv = ["-v", "-t", "0.02", "-c", said["config"], "--ledger", ledger, said["url"]]
    run = pexpect.spawn(str(PROGRAMS / "sendprofile"), argv, dimensions=(LINES, COLUMNS))
    stream = pyte.ByteStream(screen)
    run.expect(rb"13/\d+[^\r]*\r")
    stream.feed(run.before + run.after)
    run.expect(pexpect.EOF)
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    for row in range(LINES):
        console.print(line_of(screen, row))
    svg = console.export_svg(title="sendprofile -v")
    # Fonts from elsewhere are not fetched for a picture.
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


def draw_notification(said: dict[str, str]) -> None:
    """Photograph the longest of the e-mails as a mail program on a desk shows it."""
    mails = [path.read_bytes() for path in Path(said["maildir"], "new").iterdir()]
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
    """Make both."""
    PICTURES.mkdir(exist_ok=True)
    with site() as said:
        draw_terminal(said)
        draw_notification(said)


if __name__ == "__main__":
    sys.exit(main())
