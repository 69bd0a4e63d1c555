# SPDX-License-Identifier: MIT
"""The author's own words in a post: no quotation, signature, footer, code or markup."""

import re
from typing import Final

# The author's text ends here: a signature, the footer of a list, an original message.
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
# The beginning of an attribution of more than one line: "On Monday", "Am Montag".
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
# A quick test: most lines have none of these, and so no noise.
_SUSPECT: Final = re.compile(r"[<\[@/\\_=$`{}~^|(]|[.:][\w:]")
_CODE: Final = re.compile(
    r"^(?:\s{4,}|\t|[+#$%] |[+-]{3} |```)|<-|[{};]\s*$|^\s*(?:at|File) .*line \d"
)
# Archives in ASCII have a question mark for each character outside ASCII.
_LOST_APOSTROPHE: Final = re.compile(r"(?<=\w)\?(?=(?:t|s|d|m|re|ve|ll)\b)")
# The limits of what is read of a post, and of a line.
_LONGEST: Final = 20_000
_LONGEST_LINE: Final = 1_000


def prose(text: str) -> str:
    """Return the author's own lines of *text*, without addresses, code and other noise."""
    return "\n".join(
        _NOISE.sub(" ", line) if _SUSPECT.search(line) else line for line in own_lines(text)
    )


def own_lines(text: str) -> list[str]:
    """Return the lines of *text*; those that are not the author's own are empty."""
    lines: list[str] = []
    for whole in text[:_LONGEST].split("\n"):
        line = whole[:_LONGEST_LINE].rstrip()
        if _END.match(line):
            break
        if line.endswith(":") and _WROTE.search(line):
            _drop_attribution(lines)
            line = ""
        is_foreign = _QUOTATION.match(line) or _HEADER.match(line) or _CODE.search(line)
        lines.append("" if is_foreign else _LOST_APOSTROPHE.sub("'", line))
    return lines


def _drop_attribution(lines: list[str]) -> None:
    # The last line of an attribution was found: it may begin one or two lines before.
    for back in (1, 2):
        if len(lines) < back or not lines[-back]:
            return
        if _WHEN.match(lines[-back]):
            lines[-back:] = [""] * back
            return
