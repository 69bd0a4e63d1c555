# SPDX-License-Identifier: MIT
"""The keywords of a month: words that are frequent in it, and rare in the group before it."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Final

from gs.profile.status.site.model import Grade, Keyword

from .prose import prose

_LONGEST: Final = 31
_SHORTEST: Final = 3
_MOST: Final = 18
_LEAST: Final = 2
_FEW: Final = 4
# A word with its inner hyphens and apostrophes; a string with a digit is not a word.
_APOSTROPHE: Final = "\N{RIGHT SINGLE QUOTATION MARK}"
_WORD: Final = re.compile(rf"(?<![\w@])[^\W\d_]+(?:[-'{_APOSTROPHE}][^\W\d_]+)*(?![\w@])")
# The text before the first word of a sentence, a paragraph or an item.
_SENTENCE_END: Final = re.compile(r"(?:\A|[.!?:][\"')\]]*\s|\n\n|(?:\A|\n)[-*])\s*[\"'(]*\Z")
# This part of the words is bold, and the words up to this part are normal.
_BOLD, _NORMAL = 0.25, 0.6
_SHORTEST_PLURAL: Final = 5
# "Glass", "virus", "analysis": the s is not that of a plural.
_NO_PLURAL: Final = ("ss", "us", "is")
_HISSING: Final = ("sses", "xes", "zzes", "ches", "shes")


STOPWORDS: Final = frozenset(
    word.casefold()
    for line in files(__package__).joinpath("stopwords.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
)


def find_keywords(
    month: Iterable[str], older: Iterable[str], names: Iterable[str] = ()
) -> tuple[Keyword, ...]:
    """Return the words that are characteristic of the posts of a *month*, by weight.

    The *older* posts show which words are usual in the group. *names* of people are not keywords,
    and neither is a word of a single post, unless there are few posts. A singular and its plural
    are one word, in the most frequent spelling. No text is kept in memory.
    """
    now, before = _WordCounts(), _WordCounts()
    for text in _without_repeats(month):
        now.add(text)
    for text in older:
        before.add(prose(text))
    weights = _weights(now, before)
    for part in {part.casefold() for name in names for part in _WORD.findall(name)}:
        # "Winter" may be a name, but "winter" is not.
        if not now.spelling[singular(part), part]:
            weights.pop(singular(part), None)
    return _graded(weights, _spelled(now.spelling))


def _without_repeats(texts: Iterable[str]) -> Iterator[str]:
    # A repeated line is a signature, an announcement or an unmarked quotation. Only hashes are
    # kept in memory: there may be millions of lines.
    seen: set[int] = set()
    for text in texts:
        lines = [line.strip() for line in prose(text).split("\n")]
        yield "\n".join(line for line in lines if hash(line) not in seen)
        seen.update(map(hash, lines))


class _WordCounts:
    """The counts of each word: posts with the word, occurrences, weight, and spellings.

    The weight is the sum of log(1 + occurrences) over the posts, so that one long post does not
    outweigh the others.
    """

    def __init__(self) -> None:
        self.texts = 0
        self.posts: Counter[str] = Counter()
        self.occurrences: Counter[str] = Counter()
        self.weights: dict[str, float] = {}
        self.spelling: Counter[tuple[str, str]] = Counter()

    def add(self, text: str) -> None:
        counts = _count(text, self.spelling)
        self.texts += 1
        self.posts.update(counts.keys())
        self.occurrences.update(counts)
        for word, count in counts.items():
            self.weights[word] = self.weights.get(word, 0) + math.log1p(count)


def _count(text: str, spelling: Counter[tuple[str, str]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for found in _WORD.finditer(text):
        spelled = found[0].replace(_APOSTROPHE, "'").removesuffix("'s")
        folded = spelled.casefold()
        if not _SHORTEST <= len(folded) <= _LONGEST or folded in STOPWORDS or "www" in folded:
            continue
        word = singular(folded)
        if word not in STOPWORDS:
            counts[word] += 1
            # At the start of a sentence, a capital has no meaning.
            start = found.start()
            begins = spelled.istitle() and _SENTENCE_END.search(text, max(0, start - 6), start)
            spelling[word, spelled.lower() if begins else spelled] += 0 if begins else 1
    return counts


def singular(word: str) -> str:
    """Return the singular of a *word* in lower case, or *word* if it is not a plural.

    The result is for comparison, not for display: "series" gives "sery". Most plurals of French
    and Spanish are formed in the same way.
    """
    if len(word) < _SHORTEST_PLURAL or not word.endswith("s") or word.endswith(_NO_PLURAL):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(_HISSING) else word[:-1]


def _weights(now: _WordCounts, before: _WordCounts) -> dict[str, float]:
    # tf-idf over posts: the weight of the word times the logarithm of its rarity. A word needs
    # two posts, unless there are so few posts that they share no words.
    times = now.posts if now.texts > _FEW else now.occurrences
    texts = 1 + now.texts + before.texts
    return {
        # Rounded, because a sum in another order differs in the last digits.
        word: round(
            now.weights[word] * math.log(texts / (1 + before.occurrences[word] + posts / 2)), 6
        )
        for word, posts in now.posts.items()
        if times[word] >= _LEAST
    }


def _spelled(spelling: Counter[tuple[str, str]]) -> dict[str, str]:
    # The most frequent spelling; of equally frequent ones, the one in lower case.
    best: dict[str, tuple[int, str]] = {}
    for (word, spelled), times in spelling.items():
        best[word] = max(best.get(word, (0, "")), (times, spelled))
    return {word: spelled for word, (_, spelled) in best.items()}


def _graded(weights: dict[str, float], spelled: dict[str, str]) -> tuple[Keyword, ...]:
    ordered = sorted(weights, key=lambda word: (-weights[word], word))[:_MOST]
    grades = (_grade(rank / len(ordered)) for rank in range(len(ordered)))
    return tuple(
        Keyword(spelled[word], grade) for word, grade in zip(ordered, grades, strict=True)
    )


def _grade(before: float) -> Grade:
    if before < _BOLD:
        return Grade.BOLD
    return Grade.NORMAL if before < _NORMAL else Grade.MUTED
