# SPDX-License-Identifier: MIT
"""Finds in a post what its author wrote: no quotation, signature, footer, code or markup."""

import re
from typing import Final

# From here on a post is not its author's: a signature, the footer of a list, an original message.
_END: Final = re.compile(
    r"-- ?$"
    r"|-{2,} ?(original message|ursprüngliche nachricht|message d'origine|mensaje original)"
    r"|-{5,} next part -"
    r"|begin forwarded message:"
    r"|_{20,}"
    r"|={20,}"
    r"|sent from my ",
    re.IGNORECASE,
)
_QUOTATION: Final = re.compile(r"\s*[>|]")
_ATTRIBUTION: Final = re.compile(
    r"(wrote|writes|said|schrieb|a écrit|escribió|ha scritto|schreef|skrev|escreveu)[^.]{0,80}:$"
    r"|^(from|to|cc|sent|date|subject|von|an|gesendet|betreff|de|à|envoyé|objet|van|aan) ?: ",
    re.IGNORECASE,
)
_NOISE: Final = re.compile(
    r"<[^<>\s][^<>]*>"  # a tag, an address
    r"|\[\[.*?\]\]"  # a remark of the archive
    r"|\b(?:https?|ftp|mailto):\S+"
    r"|(?<!\S)\S*www\.\S+"
    r"|(?<!\S)\S+ (?:@end\|ng \|rom|m@iii@g oii) \S+"  # an address, as archives mask it
    r"|(?<!\S)\S+@\S+|(?<!\S)\S+ at \S+\.\S+"
    r"|(?<!\S)\S*[/\\_=$`{}~^|]\S*"  # a path, an identifier, an expression
    r"|\b\w+(?:::|\()\S*"  # a call
    r"|\b\w+[.:]\w\S*",  # a name with a dot in it
    re.IGNORECASE,
)
_CODE: Final = re.compile(
    r"^(?:\s{4,}|\t|[+#$%] |[+-]{3} |```)|<-|[{};]\s*$|^\s*(?:at|File) .*line \d"
)
# Archives in ASCII have a question mark for each character that is not.
_LOST_APOSTROPHE: Final = re.compile(r"(?<=\w)\?(?=(?:t|s|d|m|re|ve|ll)\b)")
# What is looked at of a post, and of a line.
_LONGEST: Final = 20_000
_LONGEST_LINE: Final = 1_000


def prose(text: str) -> str:
    """Return the lines of *text* that are its author's own words, without their noise."""
    lines = []
    for line in text[:_LONGEST].split("\n"):
        if _END.match(line):
            break
        if not _is_foreign(line):
            lines.append(_NOISE.sub(" ", _LOST_APOSTROPHE.sub("'", line[:_LONGEST_LINE])))
    return "\n".join(lines)


def _is_foreign(line: str) -> bool:
    line = line[:_LONGEST_LINE].rstrip()
    return bool(_QUOTATION.match(line) or _ATTRIBUTION.search(line) or _CODE.search(line))
