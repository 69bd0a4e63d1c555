# SPDX-License-Identifier: MIT
"""Replaces the names and addresses of an archive by invented ones, or keeps them."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final, Protocol

from gs.profile.status.site.activity.keywords import STOPWORDS
from gs.profile.status.site.addresses import fold
from gs.profile.status.site.ingest.identifiers import identifier_of

from .senders import Sender

# An address in a text, as it is and as archives mask it. More is replaced than mail could reach.
# It begins where a run of its characters does, else a long run would be searched many times.
_ADDRESS: Final = re.compile(
    r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]{1,200}@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w.+-])[\w.+-]{1,200} at [\w-]+(?:\.[\w-]+)+"
    r"|(?<![^\s<>()\[\]:;,\"])[^\s<>()\[\]:;,\"]{1,200}"
    r" (?:@end\|ng \|rom|m@iii@g oii) [^\s<>()\[\]:;,\"]+"
)
# Consecutive words with a capital, as in a name.
_NAMES: Final = re.compile(
    r"(?<![\w'.-])[^\W\d_a-z][\w'.-]{0,40}(?: [^\W\d_a-z][\w'.-]{0,40}){1,7}(?![\w'-])"
)
_SHORTEST: Final = 4
_WORD: Final = re.compile(rf"\b[^\W\d_a-z][^\W\d_]{{{_SHORTEST - 1},40}}(?![\w])")


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """A person as the site stores them."""

    user_id: str
    name: str
    address: str


class Anonymizer(Protocol):
    """Decides what the site shows of the people of an archive."""

    @property
    def keeps_headers(self) -> bool:
        """Whether a post keeps the message's header, which has the sender's name and address."""
        ...

    def register(self, sender: Sender) -> None:
        """Register a sender, before :meth:`redact` replaces names in any text."""
        ...

    def pseudonym_for(self, sender: Sender) -> Pseudonym:
        """Return the pseudonym of a sender: the same one each time."""
        ...

    def redact(self, text: str) -> str:
        """Return *text* with pseudonyms in the place of names and addresses."""
        ...


@dataclass(frozen=True, slots=True)
class KeepIdentities:
    """Keeps names and addresses as they are; IDs are made with the *salt*."""

    salt: bytes
    keeps_headers: bool = True

    def register(self, sender: Sender) -> None:
        """Do nothing: no name is replaced."""

    def pseudonym_for(self, sender: Sender) -> Pseudonym:
        """Return the sender's own name and address."""
        name = sender.name or sender.key.partition("@")[0]
        return Pseudonym(identifier_of(sender.key, key=self.salt), name, sender.address)

    def redact(self, text: str) -> str:
        """Return *text*."""
        return text


@dataclass(frozen=True, slots=True)
class Pseudonymizer:
    """Replaces each name and address by an invented one.

    Both are computed from the sender's address and the *salt*: without the salt nobody can try
    out whose they are. In texts, every address is replaced, and so are the names of the senders
    that were registered, whole or in part. Other people's names are not found.
    """

    salt: bytes
    keeps_headers: bool = False
    _names: dict[str, str] = field(default_factory=dict)

    def register(self, sender: Sender) -> None:
        """Register the sender's name, so that it is replaced wherever it stands in a text."""
        pseudonym = self.pseudonym_for(sender)
        self._names.setdefault(sender.name, pseudonym.name)
        given, _, family = pseudonym.name.partition(" ")
        parts = _WORD.findall(sender.name)
        for part in parts:
            # A name that is a usual word too would replace the word wherever it has a capital.
            if part[0].isupper() and part.casefold() not in STOPWORDS:
                self._names.setdefault(part, family if part == parts[-1] else given)

    def pseudonym_for(self, sender: Sender) -> Pseudonym:
        """Return the sender's pseudonym."""
        return self._pseudonym(sender.key)

    def redact(self, text: str) -> str:
        """Return *text* with pseudonyms in the place of addresses and of registered names."""
        text = _ADDRESS.sub(lambda found: self._pseudonym(_key(found[0])).address, text)
        text = _NAMES.sub(lambda found: self._replace_name(found[0].split(" ")), text)
        return _WORD.sub(lambda found: self._names.get(found[0], found[0]), text)

    def _replace_name(self, words: list[str]) -> str:
        # "Dear Jane Smith." has a name in it.
        for length in range(len(words), 1, -1):
            for start in range(len(words) - length + 1):
                name = " ".join(words[start : start + length])
                known = self._names.get(name.rstrip("."))
                if known is not None:
                    dots = name[len(name.rstrip(".")) :]
                    return " ".join([*words[:start], known + dots, *words[start + length :]])
        return " ".join(words)

    def _pseudonym(self, key: str) -> Pseudonym:
        user_id = identifier_of(key, key=self.salt)
        # Another word here would give the people of each site other names.
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
