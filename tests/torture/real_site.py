# SPDX-License-Identifier: MIT
"""The real site as processes that can be killed; the mails are counted at their destination."""

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from email import message_from_binary_file
from email.policy import default
from pathlib import Path
from typing import Final, Self

from sqlalchemy import select

from gs.profile.status.hooks import Status
from gs.profile.status.site.model import EVENT_CODES
from gs.profile.status.site.store.audit import count_events
from gs.profile.status.site.store.database import open_database
from gs.profile.status.site.store.tables import USER_EMAIL

from .doubts import Doubt, find_doubts, resolve_doubts
from .load_balancer import LoadBalancer
from .mail_server import RestartableMailServer
from .site_process import SiteProcess, command

#: The month in which each member posted, and which the run reports on.
PERIOD: Final = "2025-04"
_MESSAGE: Final = """\
From u{number}@corp.example  Sun Apr  6 11:55:11 2025
From: Jane {number} <u{number}@corp.example>
Date: Sun, 6 Apr 2025 11:55:11 +0000
Message-ID: <{number}@corp.example>
Subject: [garden] Tea {number}

Who would like some tea?

"""


@dataclass(eq=False, slots=True)
class RealSite:
    """``sendprofile-site`` with *size* members in a *folder*, served during its context.

    Its *database* is a URL, or ``None`` for SQLite; its mails go to *mail_server*, or into a
    Maildir. Several *processes* share the connections.
    """

    folder: Path
    size: int
    database: str | None = None
    mail_server: RestartableMailServer | None = None
    processes: int = 1
    honours_keys: bool = field(default=True, init=False)
    to_mail: frozenset[str] = field(default=frozenset(), init=False)
    to_skip: frozenset[str] = field(default=frozenset(), init=False)
    running: list[SiteProcess] = field(default_factory=list, init=False)
    url: str = field(default="", init=False)
    _members: dict[str, str] = field(default_factory=dict, init=False)
    _cleanup: ExitStack = field(default_factory=ExitStack, init=False)

    def __enter__(self) -> Self:
        self._make()
        self._members = self._read_members()
        self.to_mail = frozenset(self._members.values())
        with ExitStack() as stack:
            for number in range(self.processes):
                one = SiteProcess(self._site, f"process-{number}")
                stack.callback(one.kill)
                one.start()
                self.running.append(one)
            urls = [one.url for one in self.running]
            self.url = urls[0] if len(urls) == 1 else stack.enter_context(LoadBalancer(urls)).url
            self._cleanup = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    @property
    def config(self) -> Path:
        """The configuration file of the sender."""
        return self.running[0].config

    @property
    def mailed(self) -> Counter[str]:
        """The number of mails of each member, at the mail server or in the Maildir."""
        addresses = self._count_filed() if self.mail_server is None else self.mail_server.addresses
        mailed: Counter[str] = Counter()
        for address, mails in addresses.items():
            mailed[self._members[address]] += mails
        return mailed

    def progress(self) -> int:
        """Return the number of mails."""
        return len(self._files()) if self.mail_server is None else len(self.mail_server.mails)

    def audited(self) -> int:
        """Return the number of mails in the audit trail."""
        engine = open_database(self._database)
        try:
            with engine.connect() as connection:
                return count_events(connection).get(EVENT_CODES[Status.SENT], 0)
        finally:
            engine.dispose()

    def stop(self) -> None:
        """Kill all processes."""
        for one in self.running:
            one.kill()

    def start(self) -> None:
        """Start all processes again."""
        for one in self.running:
            one.start()

    def doubts(self) -> list[Doubt]:
        """Return the doubts that no process works on."""
        return find_doubts(self._site)

    def resolve(self, doubts: list[Doubt]) -> None:
        """Resolve *doubts* by the log of the mail server."""
        if self.mail_server is not None:
            resolve_doubts(self._site, doubts, self.mail_server.message_ids)

    @property
    def _site(self) -> Path:
        return self.folder / "site"

    @property
    def _database(self) -> Path | str:
        return self.database or self._site / "site.sqlite3"

    def _make(self) -> None:
        (self.folder / "archives").mkdir()
        with (self.folder / "archives/garden.mbox").open("w") as archive:
            archive.writelines(_MESSAGE.format(number=number) for number in range(self.size))
        kind = ["--database", self.database] if self.database else []
        command("init", "--folder", self._site, *kind)
        command("import-mbox", self.folder / "archives", "--folder", self._site)
        if self.mail_server is not None:
            settings = self._site / "site.toml"
            before = settings.read_text("utf-8").partition("[mail]")[0]
            settings.write_text(before + self.mail_server.settings(), "utf-8")

    def _files(self) -> list[Path]:
        return list(self._site.glob("Maildir/new/*"))

    def _count_filed(self) -> Counter[str]:
        addresses: Counter[str] = Counter()
        for path in self._files():
            with path.open("rb") as file:
                (address,) = message_from_binary_file(file, policy=default)["To"].addresses
            addresses[address.addr_spec] += 1
        return addresses

    def _read_members(self) -> dict[str, str]:
        engine = open_database(self._database)
        try:
            with engine.connect() as connection:
                rows = connection.execute(select(USER_EMAIL.c.email, USER_EMAIL.c.user_id))
                return {email: user_id for email, user_id in rows}  # noqa: C416 - rows are no pairs
        finally:
            engine.dispose()
