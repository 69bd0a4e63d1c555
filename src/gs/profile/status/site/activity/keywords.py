# SPDX-License-Identifier: MIT
"""Finds the words that mark a month: frequent in it, and rare in the group before it."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from gs.profile.status.site.summary import Grade, Keyword

from .prose import prose
from .stopwords import STOPWORDS

_LONGEST: Final = 31
_SHORTEST: Final = 3
_MOST: Final = 18
_LEAST: Final = 2
_FEW: Final = 4
# A word, with the hyphens and apostrophes inside of it; what has a digit is no word.
_APOSTROPHE: Final = "\N{RIGHT SINGLE QUOTATION MARK}"
_WORD: Final = re.compile(rf"(?<![\w@])[^\W\d_]+(?:[-'{_APOSTROPHE}][^\W\d_]+)*(?![\w@])")
# What is before the first word of a sentence, a paragraph or an item.
_SENTENCE_END: Final = re.compile(r"(?:\A|[.!?:][\"')\]]*\s|\n\n|(?:\A|\n)[-*])\s*[\"'(]*\Z")
# Which part of the words is bold, and up to which part they are not yet muted.
_BOLD, _NORMAL = 0.25, 0.6


def find_keywords(
    month: Sequence[str], older: Sequence[str], names: Iterable[str] = ()
) -> tuple[Keyword, ...]:
    """Return the words that mark the posts of a *month*, the weightiest first.

    The *older* posts say which words are usual in the group. *names* are of people, who are no
    keywords. Neither is a word that only one post has, once there are enough posts.
    """
    spelling: Counter[tuple[str, str]] = Counter()
    counts = [_count(text, spelling) for text in _without_repeats(month)]
    usual = Counter(word for text in older for word in _count(prose(text), Counter()))
    weights = _weights(counts, usual, len(older))
    for part in {part.casefold() for name in names for part in _WORD.findall(name)}:
        # Winter may be somebody, but the winter is not.
        if not spelling[part, part]:
            weights.pop(part, None)
    return _graded(weights, _spelled(spelling))


def _without_repeats(texts: Iterable[str]) -> Iterator[str]:
    # A line that comes again is a signature, an announcement or a quotation, though unmarked.
    seen: set[str] = set()
    for text in texts:
        lines = [line.strip() for line in prose(text).split("\n")]
        yield "\n".join(line for line in lines if line not in seen)
        seen.update(lines)


def _count(text: str, spelling: Counter[tuple[str, str]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for found in _WORD.finditer(text):
        spelled = found[0].replace(_APOSTROPHE, "'").removesuffix("'s")
        word = spelled.casefold()
        if _SHORTEST <= len(word) <= _LONGEST and word not in STOPWORDS and "www" not in word:
            counts[word] += 1
            # A capital says nothing where a sentence begins.
            begins = spelled.istitle() and _begins_sentence(text, found.start())
            spelling[word, spelled.lower() if begins else spelled] += 0 if begins else 1
    return counts


def _begins_sentence(text: str, position: int) -> bool:
    return bool(_SENTENCE_END.search(text, max(0, position - 6), position))


def _weights(
    counts: Collection[Counter[str]], usual: Counter[str], older: int
) -> dict[str, float]:
    # tf-idf, by posts: log(1 + times) in each post, so that one long post does not outweigh the
    # rest, by the logarithm of how rare a post with the word is.
    # One post does not make a keyword, unless there are so few that they share no words.
    posts = Counter(word for count in counts for word in count)
    times = posts if len(counts) > _FEW else sum(counts, Counter())
    weights: dict[str, float] = {}
    for word, with_word in posts.items():
        if times[word] >= _LEAST:
            often = sum(math.log1p(count[word]) for count in counts)
            rare = math.log((1 + len(counts) + older) / (1 + usual[word] + with_word / 2))
            weights[word] = often * rare
    return weights


def _spelled(spelling: Counter[tuple[str, str]]) -> dict[str, str]:
    # The most frequent spelling; of those that are as frequent the one in small letters.
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
