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
    r"|sent from my |get outlook for |von meinem \w+ gesendet|envoyé de mon |enviado desde mi ",
    re.IGNORECASE,
)
_QUOTATION: Final = re.compile(r"\s*[>|]")
_WROTE: Final = re.compile(
    r"(wrote|writes|said|schrieb|a écrit|escribió|ha scritto|schreef|skrev|escreveu)[^.]{0,80}:$",
    re.IGNORECASE,
)
# What an attribution begins with, where it takes more than a line: "On Monday", "Am Montag".
_WHEN: Final = re.compile(r"\W{0,3}(?:On|Am|Le|El|Il|Em|Op|Den)\s")
_HEADER: Final = re.compile(
    r"\*?(from|to|cc|sent|date|subject|von|an|gesendet|betreff|de|à|envoyé|objet|van|aan) ?:\*? ",
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
# Most lines have no noise: what has none of these has none.
_SUSPECT: Final = re.compile(r"[<\[@/\\_=$`{}~^|(]|[.:][\w:]")
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
    return "\n".join(
        _NOISE.sub(" ", line) if _SUSPECT.search(line) else line for line in own_lines(text)
    )


def own_lines(text: str) -> list[str]:
    """Return the lines of *text* that are its author's own; those of others are empty."""
    lines: list[str] = []
    for whole in text[:_LONGEST].split("\n"):
        line = whole[:_LONGEST_LINE].rstrip()
        if _END.match(line):
            break
        if line.endswith(":") and _WROTE.search(line):
            _drop_attribution(lines)
            line = ""
        foreign = _QUOTATION.match(line) or _HEADER.match(line) or _CODE.search(line)
        lines.append("" if foreign else _LOST_APOSTROPHE.sub("'", line))
    return lines


def _drop_attribution(lines: list[str]) -> None:
    # The last line of one has been found: it may have begun one or two lines before.
    for back in (1, 2):
        if len(lines) < back or not lines[-back]:
            return
        if _WHEN.match(lines[-back]):
            lines[-back:] = [""] * back
            return
