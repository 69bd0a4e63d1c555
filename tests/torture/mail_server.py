# SPDX-License-Identifier: MIT
"""The mail server of the real site: it counts mails, can stop, and can fail."""

from collections import Counter
from email import message_from_bytes
from typing import Final, Self

from limits import LIMIT
from servers.smtp import Fault, MailServer, Move, Received, Stage
from servers.smtp import Offers as _Offers

#: Failures of a mail server, each in the middle of many mails.
MAIL_FAULTS: Final[tuple[tuple[Stage, Move], ...]] = (
    (Stage.MAIL, "451 4.3.0 try again later"),
    (Stage.RCPT, "450 4.2.1 the mailbox is busy"),
    (Stage.TEXT, Fault.CLOSE),
    (Stage.END, "452 4.3.1 no room"),
    (Stage.END, Fault.CLOSE),
    (Stage.END, Fault.TAKEN),
    (Stage.END, Fault.SILENCE),
)


class RestartableMailServer:
    """A mail server on one port during its context; it keeps all accepted mails.

    The site waits *final* seconds for the reply to a completely sent mail.
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
        """Listen on the same port as before."""
        server = MailServer(_Offers())
        server.port = self.port
        server.start()
        self.port = server.port
        self._servers.append(server)

    def shut(self) -> None:
        """Stop, and end all connections at once."""
        self._servers[-1].stop()

    def fail_once(self, stage: Stage, move: Move) -> None:
        """Do *move* at *stage*, once."""
        self._servers[-1].answer(stage, move, times=1)

    def slow(self, seconds: float) -> None:
        """Delay the final reply to each mail by *seconds* from now on."""
        self._servers[-1].answer(Stage.END, seconds)

    @property
    def mails(self) -> list[Received]:
        """The accepted mails."""
        return [mail for server in self._servers for mail in server.mails]

    @property
    def addresses(self) -> Counter[str]:
        """The number of accepted mails for each address."""
        return Counter(address for mail in self.mails for address in mail.recipients)

    @property
    def message_ids(self) -> set[str]:
        """The Message-IDs of the accepted mails, as in the log of a mail server."""
        return {message_from_bytes(mail.content)["Message-ID"] for mail in self.mails}

    def settings(self) -> str:
        """Return the ``[mail]`` section of a site that uses this mail server."""
        return (
            f'[mail]\nto = "smtp"\nhost = "{MailServer.host}"\nport = {self.port}\n'
            'security = "none"\nbounces = "bounces@corp.example"\n'
            f"timeout = {LIMIT}\nfinal-timeout = {self._final}\n"
        )
