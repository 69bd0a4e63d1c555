# SPDX-License-Identifier: MIT
"""The quotation of a month: a few sentences of a post that make sense on their own."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from gs.profile.status.site.model import Author, Quotation, Topic
from gs.profile.status.site.store.posts import StoredPost
from gs.profile.status.site.text import cut

from .prose import own_lines
from .topics import Discussion

#: The length of a quotation, in characters.
SHORTEST: Final = 60
LONGEST: Final = 240
_FEWEST_WORDS: Final = 3
_LETTERS: Final = 0.8
# Not quoted: an address, a tag, an expression, a very long word; a text with characters that the
# archive lost; a sentence that is not complete.
_UNFIT: Final = re.compile(
    r"^\?|https?:|www\.|@|\[\[|<[^<>\s]|[{}$\\`=^|]|\S{40}|\s\?\w|\w\?\w|\.\?|::|\)\(|\"\"|''"
    r"|\w\*\w|[\w-]\.[\w-]+\.[a-z]|(?:\.\.|…)\W*$|%\S*%"
    r"|\b(?:unsubscribe|confidential|intended recipient|registration number|disclaimer)\b",
    re.IGNORECASE,
)
# Words that refer to something outside the quotation.
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
# The output of a program, and text in a frame.
_OUTPUT: Final = re.compile(
    r"\s*(?:error|warning|note|caution|external|fehler|erreur)\b.{0,40}[:!]|\s*[*=#~-]{3,}",
    re.IGNORECASE,
)
# Sentences about the mail itself, not about its subject.
_SMALL_TALK: Final = re.compile(
    r"(?:i )?hope (?:you|this|that you|everyone|all)|my name is|apologies|sorry|pardon|excuse"
    r"|thank|thanks|many thanks|merci|danke|gracias|vielen dank"
    r"|any (?:help|advice|suggestion|idea)"
    r"|i (?:would|'d) (?:be grateful|appreciate)|please (?:find|let me know)|let me know"
    r"|best regards|looking forward|see below|as (?:above|below)|ich hoffe|j'espère|espero que",
    re.IGNORECASE,
)
# The limits of topics, and of posts in each, that are read for a quotation.
_TOPICS: Final = 5
_POSTS: Final = 6


def quotable_posts(discussions: Sequence[Discussion]) -> list[StoredPost]:
    """Return the posts that may be quoted, the best first.

    Posts that start a topic come first: their answers are hard to understand alone.
    """
    posts = [post for one in discussions[:_TOPICS] for post in one.posts[:_POSTS]]
    return sorted(posts, key=lambda post: not post.opens)


def choose_quotation(
    posts: Iterable[tuple[StoredPost, str]],
    topics: Mapping[str, Topic],
    people: Mapping[str, Author],
) -> Quotation | None:
    """Return a quotation of the first of *posts* that has one; each post comes with its text.

    *topics* and *people* are those of the posts, by ID. The result is ``None`` if no post fits.
    """
    for post, text in posts:
        words = find_passage(text)
        if words is not None:
            return Quotation(words, people.get(post.user_id), topics[post.topic_id])
    return None


def find_passage(text: str) -> str | None:
    """Return the first few sentences of a post that can be quoted, or ``None`` if there are none.

    They are 60 to 240 characters on one line: whole sentences, or else the beginning of a long
    one with an ellipsis. Quotations, greetings, code and addresses are left out.
    """
    long = None
    for paragraph in _paragraphs(text):
        for run in _runs(paragraph):
            if SHORTEST <= len(run) <= LONGEST:
                return run
            if long is None and len(run) > LONGEST:
                long = run
    return long and cut(long, LONGEST)


def _paragraphs(text: str) -> Iterator[str]:
    lines: list[str] = []
    begun = False
    for line in own_lines(text):
        # A post may also begin with "Thanks, Ben."
        if begun and _is_closing(line):
            break
        begun = begun or bool(line.strip())
        parts = bool(_ITEM.match(line) or _OUTPUT.match(line))
        if parts or not line.strip():
            yield _joined(lines)
            lines = []
        rest = line if lines else _without_greeting(line)
        if rest and not parts:
            lines.append(rest)
    yield _joined(lines)


def _joined(lines: list[str]) -> str:
    text = _FOOTNOTE.sub("", " ".join(" ".join(lines).split()))
    return _EMPHASIS.sub(r"\2", text)


def _runs(paragraph: str) -> Iterator[str]:
    # Consecutive sentences, as many as fit, or a single one that is too long.
    run = ""
    for sentence in sentences(paragraph):
        longer = f"{run} {sentence}".strip()
        if run and (len(longer) > LONGEST or not _is_fit(sentence)):
            yield run
            longer, run = sentence, ""
        if _is_fit(sentence) and (run or _can_begin(sentence)):
            run = longer
    yield run


def _can_begin(sentence: str) -> bool:
    first = sentence.lstrip("\"'([\u00ab\u201c\u201e\u2018\u00a1\u00bf ")[:1]
    return first.isalpha() and not first.islower() and not _DANGLING.match(sentence)


def _is_fit(sentence: str) -> bool:
    words = sentence.split()
    letters = sum(character.isalpha() for word in words for character in word)
    return (
        _WHOLE.fullmatch(sentence) is not None
        and not sentence[0].islower()
        and letters >= _LETTERS * sum(map(len, words))
        and (len(words) >= _FEWEST_WORDS or not sentence.isascii())
        and all(sentence.count(opened) == sentence.count(shut) for opened, shut in _PAIRS)
        and sentence.count('"') % 2 == 0
        and not _UNFIT.search(sentence)
        and not _SMALL_TALK.match(sentence)
    )


# English, German, French, Spanish.
_GREETING: Final = re.compile(
    r"(?:hi|hello|hey|hiya|greetings|dear|good (?:morning|afternoon|evening|day)"
    r"|hallo|liebe[rs]?|sehr geehrte[rs]?|guten? (?:tag|morgen|abend)|moin|servus"
    r"|bonjour|bonsoir|salut|coucou|cher|chère|chers|chères"
    r"|hola|buen(?:os|as)(?: (?:días|tardes|noches))?|estimad[oa]s?|querid[oa]s?"
    r"|thanks|thank you|merci|danke|gracias)\b"
    # The addressee: a few words up to a mark or to the end of the line, or nobody.
    r"(?:(?:\s[^\s.,:;!?()]+){0,6}?\s?(?:[,:;!.\u2013\u2014]+|\s-+|\s[:;]-?\))(?=\s|$)"
    r"|(?:\s\S+){0,4}$|(?:\s(?:all|everyone|everybody|folks))?(?=\s(?-i:[A-Z])))\s*",
    re.IGNORECASE,
)
_ADDRESSEE: Final = re.compile(r"@?[^\W\d_][\w'.-]*(?: [^\W\d_][\w'.-]*){0,2}[,:!]$")
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


def _without_greeting(line: str) -> str:
    """Return the first *line* of a post without its greeting."""
    line = line.strip()
    if _ADDRESSEE.match(line):
        return ""
    found = _GREETING.match(line)
    return line[found.end() :] if found else line


def _is_closing(line: str) -> bool:
    """Return whether a post ends with this line, apart from a signature."""
    line = line.strip()
    return len(line) <= _SHORT and bool(_CLOSING.match(line))


_END: Final = re.compile(
    r"[.!?\u2026\u061f\u0964\u06d4]+[\"')\]\u00bb\u201d\u2019]*(?=\s)"
    r"|[\u3002\uff01\uff1f]+[\u300d\u300f\u201d\u2019]*"
)
_WHOLE: Final = re.compile(
    r".*[.!?\u2026\u061f\u0964\u06d4\u3002\uff01\uff1f][\"')\]\u00bb\u201d\u2019\u300d\u300f]*",
    re.DOTALL,
)
_LAST_WORD: Final = re.compile(r"\S{1,12}\Z")
# A full stop after these, or after an initial, ends no sentence.
_ABBREVIATION: Final = re.compile(
    r"[(\"'\[]*(?:\w|\w\.\w|etc|vs|cf|ca|al|dr|mr|mrs|ms|prof|st|no|fig|eq|sec|resp|approx|incl"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
    r"|bzw|usw|evtl|ggf|vgl|nr|p\.ex|mme|p\.ej|sr|sra|uds?|pp)\.",
    re.IGNORECASE,
)


def sentences(paragraph: str) -> Iterator[str]:
    """Yield the sentences of *paragraph* with their punctuation; the last may have none."""
    start = 0
    for found in _END.finditer(paragraph):
        if _ends(paragraph, found):
            yield paragraph[start : found.end()].strip()
            start = found.end()
    if rest := paragraph[start:].strip():
        yield rest


def _ends(paragraph: str, found: re.Match[str]) -> bool:
    if not found[0].startswith("."):
        return True
    following = paragraph[found.end() : found.end() + 2].lstrip()
    if following[:1].islower():
        return False
    last = _LAST_WORD.search(paragraph, max(0, found.end() - 12), found.end())
    return last is None or not _ABBREVIATION.fullmatch(last[0])
