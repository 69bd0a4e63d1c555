# SPDX-License-Identifier: MIT
"""Finds a few sentences in a post that can be quoted: they say something, and nothing else."""

import re
from collections.abc import Iterator
from typing import Final

from .courtesies import is_closing, without_greeting
from .prose import own_lines
from .sentences import cut, is_whole, sentences

SHORTEST: Final = 60
LONGEST: Final = 240
_FEWEST_WORDS: Final = 3
_LETTERS: Final = 0.8
# What is not read in passing: an address, a tag, an expression, a word that goes on and on; what
# an archive has lost a character of; what breaks off.
_UNFIT: Final = re.compile(
    r"^\?|https?:|www\.|@|\[\[|<[^<>\s]|[{}$\\`=^|]|\S{40}|\s\?\w|\w\?\w|\.\?|::|\)\(|\"\"|''"
    r"|\w\*\w|[\w-]\.[\w-]+\.[a-z]|(?:\.\.|…)\W*$|%\S*%"
    r"|\b(?:unsubscribe|confidential|intended recipient|registration number|disclaimer)\b",
    re.IGNORECASE,
)
# What refers to something that would be left out.
_DANGLING: Final = re.compile(
    r"(?:and|but|so|also|however|again|anyway|therefore|thus|hence|otherwise|instead|then|besides"
    r"|furthermore|moreover|even|or|yes|no|well|okay|ok|hmm|oh|btw|that|this|these|those|it|he|she"
    r"|they|here|there|in (?:this|that|the) case|by the way|for (?:example|instance)|as (?:i|you) "
    r"(?:said|know|mentioned)|same|both|such|neither|some of|the (?:other|second|latter|same)"
    r"|aber|und|also|jedoch|deshalb|daher|dann|außerdem|das|dies|diese[rs]?|sie|es|er|hier|ja|nein"
    r"|mais|et|donc|cependant|alors|c'est|cela|ceci|ça|il|elle|ils|elles|ici|oui|non"
    r"|pero|y|entonces|sin embargo|además|esto|eso|este|esta|aquí|sí)\b",
    re.IGNORECASE,
)
_PAIRS: Final = ("()", "[]")
_FOOTNOTE: Final = re.compile(r"\s?\[\d{1,2}\]")
_EMPHASIS: Final = re.compile(r"(?<!\w)([*_])(\w[^*_]{0,60})\1(?!\w)")
_ITEM: Final = re.compile(r"\s*(?:[-*\u2022\u2013\u00b7+o]|\(?[\divx]{1,3}[.)]|\[\d+\]|#)\s")
# What a program says, and what stands in a frame.
_OUTPUT: Final = re.compile(
    r"\s*(?:error|warning|note|caution|external|fehler|erreur)\b.{0,40}[:!]|\s*[*=#~-]{3,}",
    re.IGNORECASE,
)
# Sentences that are about the letter, and not about its matter.
_SMALL_TALK: Final = re.compile(
    r"(?:i )?hope (?:you|this|that you|everyone|all)|my name is|apologies|sorry|pardon|excuse"
    r"|thank|thanks|many thanks|merci|danke|gracias|vielen dank"
    r"|any (?:help|advice|suggestion|idea)"
    r"|i (?:would|'d) (?:be grateful|appreciate)|please (?:find|let me know)|let me know"
    r"|best regards|looking forward|see below|as (?:above|below)|ich hoffe|j'espère|espero que",
    re.IGNORECASE,
)


def find_passage(text: str) -> str | None:
    """Return the first few sentences of a post that can be quoted, ``None`` where there are none.

    They are 60 to 240 characters on one line: whole sentences, or else the beginning of a long
    one with an ellipsis. What others wrote, greetings, code and addresses are not among them.
    """
    long = None
    for paragraph in _paragraphs(text):
        for run in _runs(paragraph):
            if SHORTEST <= len(run) <= LONGEST:
                return run
            if long is None and len(run) > LONGEST:
                long = run
    return long and cut(long, LONGEST)


def _runs(paragraph: str) -> Iterator[str]:
    # Sentences that follow one another, as many as there is room for, or one that is too long.
    run = ""
    for sentence in sentences(paragraph):
        longer = f"{run} {sentence}".strip()
        if run and (len(longer) > LONGEST or not _is_fit(sentence)):
            yield run
            longer, run = sentence, ""
        if _is_fit(sentence) and (run or _can_begin(sentence)):
            run = longer
    yield run


def _paragraphs(text: str) -> Iterator[str]:
    lines: list[str] = []
    begun = False
    for line in own_lines(text):
        # "Thanks, Ben." may also be what a post begins with.
        if begun and is_closing(line):
            break
        begun = begun or bool(line.strip())
        parts = bool(_ITEM.match(line) or _OUTPUT.match(line))
        if parts or not line.strip():
            yield _joined(lines)
            lines = []
        rest = line if lines else without_greeting(line)
        if rest and not parts:
            lines.append(rest)
    yield _joined(lines)


def _joined(lines: list[str]) -> str:
    text = _FOOTNOTE.sub("", " ".join(" ".join(lines).split()))
    return _EMPHASIS.sub(r"\2", text)


def _can_begin(sentence: str) -> bool:
    first = sentence.lstrip("\"'([\u00ab\u201c\u201e\u2018\u00a1\u00bf ")[:1]
    return first.isalpha() and not first.islower() and not _DANGLING.match(sentence)


def _is_fit(sentence: str) -> bool:
    words = sentence.split()
    letters = sum(character.isalpha() for word in words for character in word)
    return (
        is_whole(sentence)
        and not sentence[0].islower()
        and letters >= _LETTERS * sum(map(len, words))
        and (len(words) >= _FEWEST_WORDS or not sentence.isascii())
        and all(sentence.count(opened) == sentence.count(shut) for opened, shut in _PAIRS)
        and sentence.count('"') % 2 == 0
        and not _UNFIT.search(sentence)
        and not _SMALL_TALK.match(sentence)
    )
