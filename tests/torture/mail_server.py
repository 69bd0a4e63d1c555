# SPDX-License-Identifier: MIT
"""The mail server behind our own site: it counts, it may be away, and it may be faulty."""

from collections import Counter
from email import message_from_bytes
from typing import Final, Self

from limits import LIMIT
from servers.smtp import Fault, MailServer, Move, Received, Stage
from servers.smtp import Offers as _Offers

#: What may go wrong with a mail server, each in the middle of many letters.
TROUBLE: Final[tuple[tuple[Stage, Move], ...]] = (
    (Stage.MAIL, "451 4.3.0 try again later"),
    (Stage.RCPT, "450 4.2.1 the mailbox is busy"),
    (Stage.TEXT, Fault.CLOSE),
    (Stage.END, "452 4.3.1 no room"),
    (Stage.END, Fault.CLOSE),
    (Stage.END, Fault.TAKEN),
    (Stage.END, Fault.SILENCE),
)


class Post:
    """A mail server at one port, while its context lasts; what it took is never forgotten.

    The site waits *final* seconds for what becomes of a letter that it has sent.
    """

    def __init__(self, final: float = LIMIT) -> None:
        self.port = 0
        self._final = final
        self._servers: list[MailServer] = []

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()

    def open(self) -> None:
        """Listen: at the same port as before."""
        server = MailServer(_Offers())
        server.port = self.port
        server.start()
        self.port = server.port
        self._servers.append(server)

    def shut(self) -> None:
        """Be gone, with all connections, in the middle of whatever is said on them."""
        self._servers[-1].stop()

    def trouble(self, stage: Stage, move: Move) -> None:
        """Do *move* at *stage*, once."""
        self._servers[-1].answer(stage, move, times=1)

    def slow(self, seconds: float) -> None:
        """Take so long for each letter from here on."""
        self._servers[-1].answer(Stage.END, seconds)

    @property
    def letters(self) -> list[Received]:
        """The letters that were taken."""
        return [letter for server in self._servers for letter in server.letters]

    @property
    def addresses(self) -> Counter[str]:
        """How many letters were taken for each address."""
        return Counter(address for letter in self.letters for address in letter.recipients)

    @property
    def message_ids(self) -> set[str]:
        """The Message-IDs of the letters that were taken, as the log of a mail server has them."""
        return {message_from_bytes(letter.content)["Message-ID"] for letter in self.letters}

    def settings(self) -> str:
        """Return the ``[mail]`` of a site that hands its letters over here."""
        return (
            f'[mail]\nto = "smtp"\nhost = "{MailServer.host}"\nport = {self.port}\n'
            'security = "none"\nbounces = "bounces@corp.example"\n'
            f"timeout = {LIMIT}\nfinal-timeout = {self._final}\n"
        )
