# SPDX-License-Identifier: MIT
"""Generates archives of the size of the real ones, if those are missing."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Final

# The number of messages of each list, as in the real archives.
_LISTS: Final = {
    "announcements": 6,
    "development": 391,
    "packages": 985,
    "finance": 105,
    "maps": 103,
    "tablets": 118,
    "models": 123,
}
_BEGAN: Final = datetime(2025, 1, 1, tzinfo=UTC)
_DAYS: Final = 570
_PEOPLE: Final = 345
_WORDS: Final = 4_000
_LINES: Final = 45
_IN_A_LINE: Final = 11
_ANSWERS: Final = 0.7
_SYLLABLES: Final = ("ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "du", "fe", "ga", "hi")


def write_lists(folder: Path) -> Path:
    """Write the same archives each time into *folder*; return it."""
    chance = random.Random(1)  # noqa: S311 - nothing is kept secret
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(_WORDS)]
    folder.mkdir(parents=True, exist_ok=True)
    for name, messages in _LISTS.items():
        with (folder / f"{name}.mbox").open("w", encoding="ascii") as file:
            file.writelines(_messages(name, messages, words, chance))
    return folder


def _messages(name: str, count: int, words: list[str], chance: random.Random) -> Iterator[str]:
    threads: list[tuple[str, str]] = []
    for number in range(count):
        moment = _BEGAN + timedelta(days=_DAYS * number / count)
        person = chance.randrange(_PEOPLE)
        message_id = f"<{name}.{number}@example.org>"
        answered = ""
        if threads and chance.random() < _ANSWERS:
            first, subject = chance.choice(threads[-5:])
            answered, subject = f"In-Reply-To: {first}\n", f"Re: {subject}"
        else:
            subject = f"[{name}] {_line(words, chance, 6)}"
            threads.append((message_id, subject))
        yield (
            f"From person{person} at example.org  {moment:%a %b %d %H:%M:%S %Y}\n"
            f"From: person{person} at example.org ({words[person].title()} {words[-person - 1]})\n"
            f"Date: {format_datetime(moment)}\nSubject: {subject}\n"
            f"{answered}Message-ID: {message_id}\n\n"
        )
        for _ in range(chance.randint(5, 2 * _LINES)):
            yield f"{_line(words, chance, _IN_A_LINE)}.\n"
        yield "\n"


def _line(words: list[str], chance: random.Random, count: int) -> str:
    # Few words are frequent and many are rare, as in a natural language.
    return " ".join(words[int(len(words) ** chance.random()) - 1] for _ in range(count))
