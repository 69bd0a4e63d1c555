# SPDX-License-Identifier: MIT
"""Every command of the README, the tutorial and the page on installing works as it is printed."""

import contextlib
import importlib.metadata
import os
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from limits import LIMIT, wait_until
from needed import leave_out, needed

ROOT = Path(__file__).parents[1]
#: What a new user of a machine finds programs in, and cron too.
PATH = "/usr/bin:/bin"
#: Seconds for a command that downloads and installs.
INSTALLING = 15 * LIMIT
pytestmark = pytest.mark.timeout(6 * INSTALLING)
BLOCK = re.compile(r"^```(text|)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MADE = {".git", ".venv", "build", ".hypothesis"}
INDEX = re.compile(r"(pip|uv|ssl_cert)_|\w+_proxy$", re.IGNORECASE)
GSCONFIG = "[config-default]\nwebservice = w\n[webservice-w]\ntoken = secret\n"
URL = "https://groups.example.com/"


def commands(page):
    """Return the lines of a page that are to be typed, in their order."""
    return lines(page, "")


def printed(page):
    """Return the lines of a page that a command prints."""
    return lines(page, "text")


def lines(page, language):
    blocks = BLOCK.findall((ROOT / page).read_text())
    return [line for kind, text in blocks if kind == language for line in text.splitlines()]


def of_no_source(folder, names):
    """Return what in a folder of this project is no source."""
    made = MADE if Path(folder) == ROOT else set()
    return [name for name in names if name in made or name.endswith(("_cache", "__pycache__"))]


class Machine:
    """A machine on which nothing of the project is installed but a copy of its source.

    Files that a page has outside of the source are below *root*. The URL of the pages is
    that of *site*.
    """

    def __init__(self, root):
        self.root = root
        self.source = root / "source"
        self.home = root / "home"
        self.home.mkdir()
        self.site = None
        shutil.copytree(ROOT, self.source, ignore=of_no_source)
        config = root / "srv/groupserver/etc/gsconfig.ini"
        config.parent.mkdir(parents=True)
        config.write_text(GSCONFIG)
        # The releases that this suite runs with, so that a new one cannot break it.
        pins = root / "pins.txt"
        pins.write_text("".join(f"{name}=={version}\n" for name, version in installed()))
        names = ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT", "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT")
        # The site of the tutorial is a temporary folder: it goes with the rest.
        self.environment = {"PATH": PATH, "HOME": str(self.home), "TMPDIR": str(root)}
        self.pins = dict.fromkeys(names, str(pins))
        #: The way from this machine to its index of packages, and which tests `make test` runs.
        self.index = {
            **{name: value for name, value in os.environ.items() if INDEX.match(name)},
            "PIP_CACHE_DIR": str(Path.home() / ".cache" / "pip"),
            # Modules that nothing imports need not be compiled: "no" is how pip is told.
            "PIP_NO_COMPILE": "no",
            # A browser of 120 MB is for the tests of `make test`, of which one file is run here.
            "MAKEFLAGS": "-- CHROMIUM=",
            "PYTEST": "tests/hooks/test_period.py -n 0",
        }

    def words(self, line):
        """Return *line* as it is on this machine."""
        line = re.sub(r"(?<!\S)/(opt/sendprofile|srv/groupserver)/?", rf"{self.root}/\1/", line)
        return line.replace(URL, f"{self.site.url}/") if self.site else line

    def run(self, line, code=0, limit=INSTALLING):
        """Type *line* in the folder of the source; return what it prints, to both streams."""
        environment = dict(self.environment)
        if re.search(r"\b(make|pip|pipx|uv)\b", line):
            environment |= self.index
        if re.search(r"\b(pip|pipx|uv)\b", line):  # make has pins of its own
            environment |= self.pins
        done = subprocess.run(
            ["sh", "-c", self.words(line)],
            cwd=self.source,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit,
            check=False,
        )
        assert done.returncode == code, f"{line}\n{done.stdout}"
        return done.stdout


def installed():
    for one in importlib.metadata.distributions():
        if one.metadata["Name"] != "gs.profile.status.send":
            yield one.metadata["Name"], one.version


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    python = needed("python3", path=PATH, why="install Python 3.11 or later in /usr/bin")
    usable = "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"
    if subprocess.run([python, "-c", usable], capture_output=True, check=False).returncode:
        leave_out(f"{python} is older than 3.11, or has no venv: install python3-venv")
    needed("make", path=PATH, why="install make")
    needed("pkill", path=PATH, why="install procps")
    return Machine(tmp_path_factory.mktemp("machine"))


@pytest.fixture
def site(machine, groupserver):
    machine.site = groupserver(members=["u1", "u2"])
    yield machine.site
    machine.site = None


def test_the_commands_of_the_readme(machine, site):
    demo, test, venv, install, send, crontab = commands("README.md")
    assert re.search(r"53  sent, .*; 53 e-mails are in", machine.run(demo))
    assert re.search(r"=== \d+ passed in", machine.run(test))
    machine.run(venv)
    machine.run(install)
    assert "2 sent" in machine.run(send)
    assert site.mailed == {"u1": 1, "u2": 1}
    _minute, _hour, _day, _month, _weekday, command = crontab.split(maxsplit=5)
    assert machine.run(command) == ""
    assert site.mailed == {"u1": 1, "u2": 1}

    # The site is not among what was installed, and says what to type.
    said = machine.run("/opt/sendprofile/bin/sendprofile-site demo", code=1)
    complete = said.splitlines()[-1]
    assert f"{machine.source}[site]" in complete
    machine.run(complete)
    machine.run("/opt/sendprofile/bin/sendprofile-site init --folder trial")


def test_the_commands_of_the_page_on_installing(machine):
    venv, install, version, *others, constrained = commands("docs/how-to/install.md")
    machine.run(venv)
    for line in (install, version, constrained):
        assert "error" not in machine.run(line)
    assert machine.run(version).startswith("sendprofile 2")
    while others:
        install, version, uninstall, *others = others
        tool = needed(shlex.split(install)[0], why="install it to try the page on installing")
        path = f"PATH={Path(tool).parent}:$PATH;"
        machine.run(f"{path} {install}")
        assert machine.run(version).startswith("sendprofile 2")
        machine.run(f"{path} {uninstall}")
        assert "not found" in machine.run(version, code=127)


@contextlib.contextmanager
def started(machine, line):
    """Type *line* and let it run; give the process, which is alone in its session."""
    process = subprocess.Popen(
        ["sh", "-c", f"exec {machine.words(line)}"],
        cwd=machine.source,
        env=machine.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def mails(said):
    """Return how many e-mails are where the site says that it puts them."""
    (maildir,) = re.findall(r"^mails +(/\S+)$", said, re.MULTILINE)
    return len(list(Path(maildir).glob("new/*")))


def test_the_commands_of_the_tutorial(machine):
    demo, serve = commands("docs/tutorial/first-run.md")
    machine.run(demo)
    with started(machine, serve) as site:
        said = "".join(iter(site.stdout.readline, "Control-C stops the site.\n"))
        (command,) = re.findall(r"^    (\S*sendprofile -v .*)$", said, re.MULTILINE)
        assert command.startswith(".venv/bin/sendprofile -v ")
        slowly = f"{command} -t 0.5"
        with started(machine, slowly) as sender:
            wait_until(lambda: mails(said) >= 2)
            sender.send_signal(signal.SIGINT)
            output, _ = sender.communicate(timeout=LIMIT)
            assert "The run stopped: Control-C was pressed." in output
            assert sender.returncode == 130
        before = mails(said)
        with started(machine, f"sh -c '{slowly}; exit $?'") as shell:
            wait_until(lambda: mails(said) >= before + 2)
            # Of this test alone: others run beside it.
            machine.run(f"pkill -9 -x sendprofile -P {shell.pid}")
            shell.communicate(timeout=LIMIT)
            assert shell.returncode == 128 + signal.SIGKILL
        assert "53 sent" in machine.run(command)
        assert mails(said) == 53
        assert "53 sent" in machine.run(command.replace(" -v ", " --status "))
        machine.run(command)
        assert mails(said) == 53
        machine.run(f"{command} --again")
        assert mails(said) == 2 * 53

        (config,) = re.findall(r"^configuration +(/\S+)$", said, re.MULTILINE)
        kept = Path(config).read_text()
        Path(config).write_text(re.sub(r"(?m)^token = .*$", "token = wrong", kept))
        refused = machine.run(command, code=77)
        for line in printed("docs/tutorial/first-run.md"):
            assert line.rstrip("…") in refused
        Path(config).write_text(kept)
        site.send_signal(signal.SIGINT)
        site.communicate(timeout=LIMIT)
        assert site.returncode == 0
        assert "Cannot reach the site" in machine.run(f"{command} --patience 0", code=75)
