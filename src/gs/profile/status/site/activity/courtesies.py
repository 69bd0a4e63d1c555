# SPDX-License-Identifier: MIT
"""Finds the courtesies of a letter: what it begins with, and what it ends with."""

import re
from typing import Final

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
