# SPDX-License-Identifier: MIT
"""Shows the main job: serves a community, sends to all its members, and shows an e-mail."""

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from gs.profile.status.hooks import SKIPPED, Status
from gs.profile.status.site.model import EVENT_CODES
from gs.profile.status.site.notification import preview
from gs.profile.status.site.store.audit import count_events
from gs.profile.status.site.store.database import open_database

_ROOT: Final = Path(__file__).resolve().parent.parent
_PROGRAMS: Final = Path(sysconfig.get_path("scripts"))
#: Seconds. Large archives take minutes to import.
_START_TIMEOUT, _STOP_TIMEOUT = 300, 15

# A shell that starts a command, and ends it when the pipe from the demo is closed: by the demo, or
# by the kernel if the demo was killed.
_SUPERVISOR: Final = """
exec 3<&0
"$@" 3<&- &
command=$!
{ while read -r _; do :; done; kill "$command"; } <&3 2>/dev/null &
wait "$command"
"""


def main() -> int:
    """Run the demo, and return the exit code of sendprofile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="real archives (mbox files)")
    parser.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        default=_ROOT / "build" / "demo",
        help="the folder for all files; its content is removed (default: build/demo)",
    )
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup(1) ignores SIGHUP
            signal.signal(number, _exit)
    try:
        return _show(options.folder, options.data)
    except KeyboardInterrupt:
        return 130


def _show(folder: Path, data: Path | None) -> int:
    if folder.exists() and any(folder.iterdir()) and not (folder / "site").exists():
        sys.exit(f"{folder} is not the folder of an earlier demo; choose another --folder.")
    shutil.rmtree(folder, ignore_errors=True)
    # Real archives have the texts of real people: only this user may read the files.
    folder.mkdir(mode=0o700, parents=True)
    with _site(folder, data) as site:
        options = ["-c", site["config"], "--ledger", folder / "ledger.sqlite3"]
        if data is not None:
            options += ["--period", site["period"]]
        code = _send(*options, site["url"])
    mails = sorted((folder / "site" / "Maildir" / "new").glob("*"))
    sent = _print_counts(folder / "site" / "site.sqlite3", len(mails))
    if mails:
        _print_preview(mails, folder / "preview")
    return code or (sent != len(mails))


@contextmanager
def _site(folder: Path, data: Path | None) -> Iterator[dict[str, str]]:
    log, ready = folder / "site.log", folder / "ready.json"
    command = [_PROGRAMS / "sendprofile-site", "demo", "--folder", folder / "site"]
    command += ["--ready-file", ready]
    if data is not None:
        command += ["--data", data]
        print(f"Importing the archives in {data}…\n", flush=True)
    with log.open("wb") as output:
        # In a session of its own, so that Control-C stops the sender first, and then the site.
        site = subprocess.Popen(
            ["/bin/sh", "-c", _SUPERVISOR, "supervisor", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_ready(site, ready, log)
        served: dict[str, str] = json.loads(ready.read_text("utf-8"))
        print(log.read_text("utf-8").partition("To mail all members")[0], flush=True)
        yield served
    finally:
        _stop_site(site)


def _stop_site(site: "subprocess.Popen[bytes]") -> None:
    assert site.stdin is not None  # noqa: S101 - Popen was asked for it
    site.stdin.close()
    try:
        site.wait(_STOP_TIMEOUT)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        os.killpg(site.pid, signal.SIGKILL)
        site.wait()


def _wait_until_ready(site: "subprocess.Popen[bytes]", ready: Path, log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while not ready.exists():
        if site.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"The site did not start:\n{log.read_text('utf-8')}")
        time.sleep(0.02)


def _send(*argv: str | Path) -> int:
    program, options = _PROGRAMS / "sendprofile", ["-v", *argv]
    print(f"$ {shlex.join(map(str, [_shown(program), *options]))}\n", flush=True)
    sender = subprocess.Popen([program, *options])
    try:
        while True:
            try:
                return sender.wait()
            except KeyboardInterrupt:
                continue  # the sender got the signal too, and reports it
    finally:
        _stop(sender)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_STOP_TIMEOUT)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()


def _print_counts(database: Path, mails: int) -> int:
    engine = open_database(database)
    with engine.connect() as connection:
        counts = count_events(connection)
    engine.dispose()
    sent = counts.get(EVENT_CODES[Status.SENT], 0)
    print(f"\n{sent:>6}  sent, by the site's audit trail; {mails} e-mails are in its Maildir")
    for status, reason in SKIPPED.items():
        if skipped := counts.get(EVENT_CODES[status]):
            print(f"{skipped:>6}  skipped: {reason}")
    return sent


def _print_preview(mails: list[Path], folder: Path) -> None:
    made = preview.write(max((mail.read_bytes() for mail in mails), key=len), folder)
    print(f"\nOne of the e-mails:\n\n  as text             {_shown(made.text)}")
    print(f"  as HTML             {_shown(made.html)}")
    print(f"  both, in a browser  {_shown(made.page)}")
    print(f"\nAll of them are in {_shown(mails[0].parent)}")


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _exit(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
