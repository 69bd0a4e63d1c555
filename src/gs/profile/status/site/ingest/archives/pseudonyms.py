# SPDX-License-Identifier: MIT
"""Puts invented names and addresses in the place of real ones, or leaves them as they are."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final, Protocol

from gs.profile.status.site.activity.keywords import STOPWORDS
from gs.profile.status.site.ingest.identifiers import identifier_of
from gs.profile.status.site.store.members import fold

from .message import Sender

# An address, as it is and as archives mask it.
# It begins where a run of its characters does, else a long run would be searched many times.
_ADDRESS: Final = re.compile(
    r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]{1,200}@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w.+-])[\w.+-]{1,200} at [\w-]+(?:\.[\w-]+)+"
    r"|(?<![^\s<>()\[\]:;,\"])[^\s<>()\[\]:;,\"]{1,200}"
    r" (?:@end\|ng \|rom|m@iii@g oii) [^\s<>()\[\]:;,\"]+"
)
# Words with a capital that follow one another, as those of a name do.
_NAMES: Final = re.compile(
    r"(?<![\w'.-])[^\W\d_a-z][\w'.-]{0,40}(?: [^\W\d_a-z][\w'.-]{0,40}){1,7}(?![\w'-])"
)
_SHORTEST: Final = 4
_WORD: Final = re.compile(rf"\b[^\W\d_a-z][^\W\d_]{{{_SHORTEST - 1},40}}(?![\w])")


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """Somebody as the site knows them."""

    user_id: str
    name: str
    address: str


class Anonymizer(Protocol):
    """What dresses the people of an archive."""

    @property
    def keeps_headers(self) -> bool:
        """Whether a message keeps its header, which tells who sent it."""
        ...

    def learn(self, sender: Sender) -> None:
        """Hear of a sender before any text is covered."""
        ...

    def dress(self, sender: Sender) -> Pseudonym:
        """Return the guise of a sender, the same one each time."""
        ...

    def cover(self, text: str) -> str:
        """Return *text* with no more of people than their guises tell."""
        ...


@dataclass(frozen=True, slots=True)
class KeepIdentities:
    """Everybody as they are; *salt* makes the IDs."""

    salt: bytes
    keeps_headers: bool = True

    def learn(self, sender: Sender) -> None:
        """Need no knowledge."""

    def dress(self, sender: Sender) -> Pseudonym:
        """Return the sender's own name and address."""
        name = sender.name or sender.key.partition("@")[0]
        return Pseudonym(identifier_of(sender.key, key=self.salt), name, sender.address)

    def cover(self, text: str) -> str:
        """Return *text*."""
        return text


@dataclass(frozen=True, slots=True)
class Pseudonymizer:
    """Everybody with a name and an address that are invented.

    Both follow from the sender's address and the *salt*: without that nobody can try out whose
    they are. In texts every address is replaced, and the names, whole or in part, of the senders
    that were learned of; other people's names are not found.
    """

    salt: bytes
    keeps_headers: bool = False
    _known: dict[str, str] = field(default_factory=dict)

    def learn(self, sender: Sender) -> None:
        """Know the sender's name from now on, wherever it stands in a text."""
        guise = self._guise(sender.key)
        self._known.setdefault(sender.name, guise.name)
        given, _, family = guise.name.partition(" ")
        parts = _WORD.findall(sender.name)
        for part in parts:
            # A name that is a usual word too would replace the word wherever it has a capital.
            if part[0].isupper() and part.casefold() not in STOPWORDS:
                self._known.setdefault(part, family if part == parts[-1] else given)

    def dress(self, sender: Sender) -> Pseudonym:
        """Return the sender's guise."""
        return self._guise(sender.key)

    def cover(self, text: str) -> str:
        """Return *text* with guises instead of addresses and of the names that are known."""
        text = _ADDRESS.sub(lambda found: self._guise(_key(found[0])).address, text)
        text = _NAMES.sub(lambda found: self._renamed(found[0].split(" ")), text)
        return _WORD.sub(lambda found: self._known.get(found[0], found[0]), text)

    def _renamed(self, words: list[str]) -> str:
        # "Dear Jane Smith." has a name in it.
        for length in range(len(words), 1, -1):
            for start in range(len(words) - length + 1):
                name = " ".join(words[start : start + length])
                known = self._known.get(name.rstrip("."))
                if known is not None:
                    dots = name[len(name.rstrip(".")) :]
                    return " ".join([*words[:start], known + dots, *words[start + length :]])
        return " ".join(words)

    def _guise(self, key: str) -> Pseudonym:
        user_id = identifier_of(key, key=self.salt)
        digest = identifier_of("guise", key, key=self.salt)
        number = int.from_bytes(digest.encode())
        given, family = _INVENTED
        name = f"{given[number % len(given)]} {family[number // 62**4 % len(family)]}"
        return Pseudonym(user_id, name, f"{_plain(name)}.{digest[-10:].lower()}@example.org")


def _key(address: str) -> str:
    return fold(address.replace(" at ", "@"))


def _plain(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return ".".join(re.findall("[a-z]+", plain))


def _read_names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = tomllib.loads(files(__package__).joinpath("pseudonyms.toml").read_text("utf-8"))
    return tuple(names["given"]), tuple(names["family"])


_INVENTED: Final = _read_names()
