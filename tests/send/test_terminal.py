# SPDX-License-Identifier: MIT
"""A verbose run on a real terminal (a pty), as an emulator shows it."""

import os
import re
import signal
import time
from threading import Event

import pexpect
import pyte
import pytest

from limits import LIMIT, wait_until
from servers import faults

NAMES = {
    "u0": "山田 太郎",
    "u1": "فاطمة الزهراء",
    "u2": "Zoë Ünal",
    "u3": "Wolfeschlegelsteinhausenbergerdorff " * 3,
    "u4": "שרה כהן",
    "u5": "👩 O’Brien",
}


class Terminal:
    """``sendprofile -v`` on a terminal of *columns* and *lines*, and what it shows."""

    def __init__(self, command, columns=80, lines=40, **environment):
        env = {**os.environ, "TERM": "xterm-256color", **environment}
        self.screen = pyte.HistoryScreen(columns, lines, history=10_000)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.process = pexpect.spawn(
            command[0],
            command[1:],
            env={name: value for name, value in env.items() if value is not None},
            dimensions=(lines, columns),
            timeout=LIMIT,
        )

    def read(self, until=pexpect.EOF):
        """Show the output until it has *until*."""
        self.process.expect(until)
        got = self.process.before + (self.process.after if until is not pexpect.EOF else b"")
        self.raw += got
        self._stream.feed(got)
        return self

    def resize(self, columns, lines):
        """Change the size of the terminal."""
        self.process.setwinsize(lines, columns)
        self.screen.resize(lines, columns)

    def close(self):
        """Wait for the command, and return its exit code."""
        self.process.close()
        return self.process.exitstatus

    @property
    def lines(self):
        """The lines on the screen, without white space at their ends."""
        return [line.rstrip() for line in self.screen.display if line.strip()]


@pytest.fixture
def shown(groupserver, sendprofile):
    """Return a function that runs the command for a site on a terminal, to the end."""

    def show(columns=80, lines=40, **environment):
        site = groupserver(members=list(NAMES), names=NAMES, escaped=False)
        site.answers["u2"] = -16
        site.answers["u4"] = -1024
        terminal = Terminal([*sendprofile.words, "-v", site.url], columns, lines, **environment)
        terminal.read()
        assert terminal.close() == 75
        return terminal

    return show


BAR = re.compile(rb"\[=* *\] \d+/6")


def test_each_message_replaces_the_bar(shown):
    terminal = shown()
    assert BAR.search(terminal.raw)
    assert not any(BAR.search(line.encode()) for line in terminal.lines)
    sending = [line for line in terminal.lines if line.startswith("Sending status (")]
    assert len(sending) == 6
    assert terminal.lines[0] == "Retrieving the list of people... done"


def test_the_colours_are_those_of_the_original(shown):
    raw = shown().raw
    assert b"\x1b[37mSending status (u0)...\x1b[0m" in raw
    assert raw.count(b"\x1b[32m    Done: ") == 4
    assert raw.count(b"\x1b[33m    Done: ") == 1
    assert raw.count(b"\x1b[31m    Failed: ") == 1


def test_a_message_of_the_site_cannot_control_the_terminal(groupserver, sendprofile):
    evil = "\x1b]0;title\x07\x1b[2J\u009b2J\u202eevil"
    site = groupserver(members=["\x1b[5m"], names={"\x1b[5m": evil}, escaped=False)
    terminal = Terminal([*sendprofile.words, "-v", site.url], columns=200).read()
    assert terminal.close() == 0
    for bad in (b"\x1b]", b"\x07", b"\x1b[2J", b"\x1b[5m", "\u009b".encode(), "\u202e".encode()):
        assert bad not in terminal.raw
    assert b"evil" in terminal.raw


def test_no_color_is_honoured(shown):
    raw = shown(NO_COLOR="1").raw
    assert not re.search(rb"\x1b\[[0-9;]*3[0-9]m", raw)
    assert BAR.search(raw)


@pytest.mark.parametrize("term", ["dumb", "", None])
def test_a_terminal_without_cursor_control_gets_plain_lines(shown, term):
    terminal = shown(TERM=term)
    assert b"\x1b" not in terminal.raw
    assert b"    Done: Sent the monthly profile-status notification to" in terminal.raw


@pytest.mark.parametrize("columns", [12, 40, 80, 400])
def test_lines_fit_the_terminal_with_hanging_indents(shown, columns):
    terminal = shown(columns=columns, lines=600)
    hanging = [line for line in terminal.lines if line.startswith(" " * 10)]
    assert bool(hanging) == (columns < 400)
    for bar in re.findall(rb"\r\x1b\[J(?:\x1b\[1m)?(\[=[^\x1b\r]*)", terminal.raw):
        assert len(bar) <= columns - 1
    text = "".join(terminal.lines).replace(" ", "")
    for name in ("Wolfeschlegelsteinhausenbergerdorff", "O’Brien"):
        assert name in text


@pytest.mark.parametrize("environment", [{"LANG": "C"}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}])
def test_the_c_locale_is_supported(shown, environment):
    assert "Zoë" in "".join(shown(**environment).lines)


def test_an_encoding_without_the_characters_is_supported(shown):
    assert "Zo\\xeb" in "".join(shown(PYTHONIOENCODING="ascii").lines)


def test_the_bar_has_count_rate_and_time_left(groupserver, sendprofile):
    site = groupserver(members=[f"u{n}" for n in range(20)])
    site.on_send = [*[faults.delayed(0.2)] * 12, None]
    began = time.monotonic()
    terminal = Terminal([*sendprofile.words, "-v", site.url]).read(rb"12/20 [^\r]*left")
    took = time.monotonic() - began
    bar = re.findall(rb"\[(=+)( +)\] 12/20 ([0-9.]+)/s (\d+):(\d\d) left", terminal.raw)[-1]
    rate, left = float(bar[2]), 60 * int(bar[3]) + int(bar[4])
    assert 12 / took - 0.05 <= rate <= 1 / 0.2
    assert 8 / (rate + 0.05) - 0.5 <= left <= 8 / (rate - 0.05) + 0.5
    assert 0.55 < len(bar[0]) / len(bar[0] + bar[1]) < 0.65
    terminal.read()
    assert terminal.close() == 0


def test_the_bar_follows_the_terminal_when_it_is_resized(groupserver, sendprofile):
    site = groupserver(members=[f"u{n}" for n in range(9)])
    first, second = Event(), Event()
    site.on_send = [None, None, faults.held(first), None, None, faults.held(second), None]
    terminal = Terminal([*sendprofile.words, "-v", site.url], columns=80)

    def see_bar(count, columns):
        terminal.resize(columns, 40)
        size = columns - 1
        wait_until(
            lambda: (
                terminal.read(rb"/9 [^\r]*left")
                and any(len(line) == size and count in line for line in terminal.lines)
            )
        )

    see_bar("2/9", columns=80)
    see_bar("2/9", columns=40)
    first.set()
    see_bar("5/9", columns=120)
    second.set()
    terminal.read()
    assert sum("/9" in line for line in terminal.lines) == 0
    assert terminal.close() == 0


def test_the_bar_is_redrawn_while_a_slow_site_works(groupserver, sendprofile):
    site = groupserver(members=["u1", "u2", "u3"])
    site.on_send = [None, None, faults.never()]
    terminal = Terminal([*sendprofile.words, "-v", site.url])
    lefts = set()

    def left_changes():
        terminal.read(rb"2/3 \S+ (\d+:\d\d) left")
        lefts.add(terminal.process.match[1])
        return len(lefts) > 1

    wait_until(left_changes)
    terminal.process.kill(signal.SIGKILL)
    terminal.process.wait()


def test_control_c_at_the_terminal_waits_for_the_calls_in_flight(groupserver, sendprofile):
    site, released = groupserver(members=[f"u{n}" for n in range(50)]), Event()
    site.on_send = [None, None, faults.held(released), None]
    terminal = Terminal([*sendprofile.words, "-v", site.url]).read(rb"2/50")
    site.wait_for_requests(4)
    terminal.process.sendintr()
    terminal.read(rb"Stopping: waiting for 1 answer\.")
    released.set()
    terminal.read()
    assert terminal.close() == 130
    assert len(site.sends) == sum(site.mailed.values()) == 3
    shown = "\n".join(terminal.lines)
    assert "3 sent; 47 waiting" in shown
    assert "Traceback" not in shown
