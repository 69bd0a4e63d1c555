# SPDX-License-Identifier: MIT
"""The quotation of a month: a few sentences of a post that stand for themselves."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from gs.profile.status.site.model import Author, Quotation, Topic
from gs.profile.status.site.store.posts import StoredPost

from .prose import own_lines
from .topics import Discussion

_END: Final = re.compile(
    r"[.!?\u2026\u061f\u0964\u06d4]+[\"')\]\u00bb\u201d\u2019]*(?=\s)"
    r"|[\u3002\uff01\uff1f]+[\u300d\u300f\u201d\u2019]*"
)
_WHOLE: Final = re.compile(
    r".*[.!?\u2026\u061f\u0964\u06d4\u3002\uff01\uff1f][\"')\]\u00bb\u201d\u2019\u300d\u300f]*",
    re.DOTALL,
)
_LAST_WORD: Final = re.compile(r"\S{1,12}\Z")
# After these, and after an initial, a full stop ends no sentence.
_ABBREVIATION: Final = re.compile(
    r"[(\"'\[]*(?:\w|\w\.\w|etc|vs|cf|ca|al|dr|mr|mrs|ms|prof|st|no|fig|eq|sec|resp|approx|incl"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
    r"|bzw|usw|evtl|ggf|vgl|nr|p\.ex|mme|p\.ej|sr|sra|uds?|pp)\.",
    re.IGNORECASE,
)
_ELLIPSIS: Final = "…"
_JOINER: Final = "\u200d"
_TONES: Final = range(0x1F3FB, 0x1F400)
_FLAGS: Final = range(0x1F1E6, 0x1F200)
# A word is not given up for a cut that leaves less than this of what there is room for.
_LEAST_LEFT: Final = 0.6


def sentences(paragraph: str) -> Iterator[str]:
    """Yield the sentences of *paragraph*, with what ends each; the last may have no end."""
    start = 0
    for found in _END.finditer(paragraph):
        if _ends(paragraph, found):
            yield paragraph[start : found.end()].strip()
            start = found.end()
    if rest := paragraph[start:].strip():
        yield rest


def is_whole(sentence: str) -> bool:
    """Return whether *sentence* has an end."""
    return bool(_WHOLE.fullmatch(sentence))


def cut(text: str, limit: int) -> str:
    """Return *text*, or what of it and an ellipsis fits in *limit* characters.

    It is cut behind a word; a word as long as that behind a character with all its marks.
    """
    if len(text) <= limit:
        return text
    end = limit - 1
    space = text.rfind(" ", int(end * _LEAST_LEFT), end + 1)
    if space < 0:
        while end > 1 and not _may_part(text[end - 1], text[end]):
            end -= 1
        return text[:end] + _ELLIPSIS
    return text[:space].rstrip(" ,;:.-\u2013\u2014(") + _ELLIPSIS


def _ends(paragraph: str, found: re.Match[str]) -> bool:
    if not found[0].startswith("."):
        return True
    following = paragraph[found.end() : found.end() + 2].lstrip()
    if following[:1].islower():
        return False
    last = _LAST_WORD.search(paragraph, max(0, found.end() - 12), found.end())
    return last is None or not _ABBREVIATION.fullmatch(last[0])


def _may_part(before: str, after: str) -> bool:
    # Not all of Unicode's clusters (UAX #29), but all that fall apart visibly.
    if _JOINER in {before, after} or unicodedata.category(after) in {"Mn", "Me", "Mc", "Cf"}:
        return False
    return not (
        ord(after) in _TONES or (ord(before) in _FLAGS and ord(after) in _FLAGS)
    ) and not _is_surrogate_pair(before, after)


def _is_surrogate_pair(before: str, after: str) -> bool:
    return "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff"


# English, German, French, Spanish.
_GREETING: Final = re.compile(
    r"(?:hi|hello|hey|hiya|greetings|dear|good (?:morning|afternoon|evening|day)"
    r"|hallo|liebe[rs]?|sehr geehrte[rs]?|guten? (?:tag|morgen|abend)|moin|servus"
    r"|bonjour|bonsoir|salut|coucou|cher|chère|chers|chères"
    r"|hola|buen(?:os|as)(?: (?:días|tardes|noches))?|estimad[oa]s?|querid[oa]s?"
    r"|thanks|thank you|merci|danke|gracias)\b"
    # To whom: a few words up to a mark, or up to the end of a line, or nobody.
    r"(?:(?:\s[^\s.,:;!?()]+){0,6}?\s?(?:[,:;!.\u2013\u2014]+|\s-+|\s[:;]-?\))(?=\s|$)"
    r"|(?:\s\S+){0,4}$|(?:\s(?:all|everyone|everybody|folks))?(?=\s(?-i:[A-Z])))\s*",
    re.IGNORECASE,
)
_CALLED: Final = re.compile(r"@?[^\W\d_][\w'.-]*(?: [^\W\d_][\w'.-]*){0,2}[,:!]$")
_CLOSING: Final = re.compile(
    r"(?:(?:with )?(?:best|kind|kindest|warm|warmest|many)?,? ?(?:regards|wishes|thanks)"
    r"|all the best|best|cheers|sincerely|yours|thanks|thank you|thx|ta|hth|take care"
    r"|(?:mit )?(?:freundliche[nr]?|beste[nr]?|liebe[nr]?|viele[nr]?|herzliche[nr]?|schöne[nr]?)"
    r" (?:grüße[n]?|grüsse[n]?|gruß|gruss)|danke|lg|mfg|vg"
    r"|cordialement|bien à (?:vous|toi)|amicalement|merci|bonne (?:journée|soirée)"
    r"|saludos|un saludo|atentamente|gracias|un abrazo)\b[^.?\n]{0,40}[,.!]*$",
    re.IGNORECASE,
)
_SHORT: Final = 60


def without_greeting(line: str) -> str:
    """Return what is behind the greeting that the first *line* of a letter begins with."""
    line = line.strip()
    if _CALLED.match(line):
        return ""
    found = _GREETING.match(line)
    return line[found.end() :] if found else line


def is_closing(line: str) -> bool:
    """Return whether a letter ends with this line, but for its signature."""
    line = line.strip()
    return len(line) <= _SHORT and bool(_CLOSING.match(line))


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


# How many topics are worth a quotation, and how many posts of each are looked at.
_TOPICS: Final = 5
_POSTS: Final = 6


def candidates(discussions: Sequence[Discussion]) -> list[StoredPost]:
    """Return the posts that may be quoted, the best first.

    Those that open a topic come first: what answers them hangs in the air without them.
    """
    posts = [post for one in discussions[:_TOPICS] for post in one.posts[:_POSTS]]
    return sorted(posts, key=lambda post: not post.opens)


def choose_quotation(
    posts: Iterable[tuple[StoredPost, str]],
    topics: Mapping[str, Topic],
    people: Mapping[str, Author],
) -> Quotation | None:
    """Return what there is to quote of the first of *posts*, with their text, that is fit.

    *topics* and *people* are those of the posts, by ID. ``None`` where nothing is fit.
    """
    for post, text in posts:
        words = find_passage(text)
        if words is not None:
            return Quotation(words, people.get(post.user_id), topics[post.topic_id])
    return None
