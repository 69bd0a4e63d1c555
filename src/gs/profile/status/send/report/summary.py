# SPDX-License-Identifier: MIT
"""The account of a run, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from textwrap import wrap
from typing import Final

from gs.profile.status.send.run.model import RecordedOutcome, StopCause, Tally, Verdict
from gs.profile.status.send.text import printable

_SIGNALS: Final = (StopCause.HANG_UP, StopCause.INTERRUPT, StopCause.TERMINATE)

_TO_DO: Final = {
    StopCause.TOKEN_REFUSED: "Give the configuration file the token that the site has.",
    StopCause.NOT_A_SITE: "Check that the URL is the address of a GroupServer site.",
    StopCause.UNREACHABLE: "See that the site is up; --patience is how long it is waited for.",
    StopCause.BUSY: "Give the site time; --rate, or -j auto, makes the next call gentler.",
    StopCause.NO_ANSWER: "See what the site's log says; --patience is how long it is tried.",
    StopCause.TOO_MANY_UNKNOWN: "See what the site's log says; if all is well there, "
    "--max-unknown 0 goes on past such answers.",
}

# Columns: what a terminal or a mail of cron shows without breaking lines by itself.
_WIDTH: Final = 100
_ID_WIDTH: Final = 44
_PARAGRAPH_WIDTH: Final = 88

_UNKNOWN: Final = "Unknown are those to whom the site may have sent, or may not: it did not say."


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a call of a run ended.

    *cause* is why it stopped early, *retry_after* for how many seconds the site wants to be left
    alone, *repeatable* how many of the unknown have keys that a site may remember.
    """

    tally: Tally
    cause: StopCause | None = None
    retry_after: float | None = None
    repeatable: int = 0


def closing_line(tally: Tally, seconds: float) -> str:
    """Return the counts by verdict and reason, and the time that the run took."""
    return f"{counts(tally)}. It took {duration_in_words(seconds)}."


def counts(tally: Tally) -> str:
    """Return the counts by verdict and reason."""
    if not tally.total:
        return "The site lists no members"
    texts = [_count(tally, verdict) for verdict in Verdict if tally.of(verdict)]
    members = "member" if tally.total == 1 else "members"
    return f"{tally.total} {members}: {'; '.join(texts)}"


def stopping_line(cause: StopCause, in_flight: int) -> str:
    """Return what to say to whoever stopped the run and now waits; nothing if nobody does."""
    if cause not in _SIGNALS or not in_flight:
        return ""
    answers = "answer" if in_flight == 1 else "answers"
    return f"Stopping after {in_flight} more {answers}; once more leaves at once."


def removed_line(left: int) -> str:
    """Return what to say of members who are no longer on the site's list."""
    members = "1 member is" if left == 1 else f"{left} members are"
    return f"{members} no longer listed, and not sent to."


def pausing_line(cause: StopCause, seconds: float) -> str:
    """Return what to say of a run that waits for its site."""
    text = cause.value[0].upper() + cause.value[1:]
    return f"{text}: trying again in {duration_in_words(seconds)}."


def problem_lines(
    ended: RunResult, unsettled: Sequence[RecordedOutcome], now: datetime, *, counted: bool
) -> Iterator[str]:
    """Yield the lines that say what is not well and what to do; none where all is.

    The counts are left out where they have been *counted* for the reader before. *now* is the
    time of the machine, in its zone.
    """
    tally, cause = ended.tally, ended.cause
    if tally.all_settled and cause is None:
        return
    if cause is None:
        yield "Not everybody could be sent to."
    else:
        yield f"The run was stopped: {cause.value}."
    if not counted:
        yield from paragraph(f"{counts(tally)}.")
    yield from member_lines(tally, unsettled)
    if tally.of(Verdict.UNKNOWN):
        yield _UNKNOWN
    if cause in _TO_DO:
        yield _TO_DO[cause]
    if ended.retry_after:
        yield retry_after_line(ended.retry_after, now)
    yield from paragraph(next_call(tally, ended.repeatable))


def retry_after_line(seconds: float, now: datetime) -> str:
    """Return what to say of a site that asks to be left alone for so long.

    It may have asked for longer: libcurl tells of six hours at most.
    """
    until = now + timedelta(seconds=seconds)
    asked = f"The site asks to be left alone for at least {duration_in_words(seconds)}"
    return f"{asked}: do not call before {until:%Y-%m-%d %H:%M:%S}."


def paragraph(text: str, indent: str = "") -> Iterator[str]:
    """Yield *text* in lines, behind *indent*, and further in from the second on."""
    yield from wrap(
        text,
        _PARAGRAPH_WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def member_lines(tally: Tally, unsettled: Sequence[RecordedOutcome]) -> Iterator[str]:
    """Yield a line for each of *unsettled*, perhaps shortened, and one for how many more."""
    for outcome in (record.outcome for record in unsettled):
        member = _short(printable(outcome.member), _ID_WIDTH)
        yield _short(f"  {outcome.verdict}: {member}: {printable(outcome.message)}", _WIDTH)
    more = tally.of(Verdict.FAILED) + tally.of(Verdict.UNKNOWN) - len(unsettled)
    if more > 0:
        yield f"  … and {more} more: --status --json has all of them"


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def next_call(tally: Tally, repeatable: int, calling: str = "Calling again") -> str:
    """Return what *calling* would do.

    *repeatable* is how many of the unknown have keys that a site may remember.
    """
    waiting, failed = tally.of(Verdict.WAITING), tally.of(Verdict.FAILED)
    left = tally.of(Verdict.UNKNOWN) + tally.of(Verdict.SENDING) - repeatable
    does = []
    if waiting:
        does.append(f"goes on with {waiting} waiting")
    if failed:
        does.append(f"tries {failed} failed again")
    if repeatable:
        does.append(f"repeats {repeatable} unknown where the site still honours keys")
    if left > 0:
        does.append(f"leaves {left} unknown alone, unless you add --resend-unknown")
    if not does:
        return f"{calling} sends to new members only."
    last = does.pop()
    return f"{calling} {', '.join(does)}{' and ' if does else ''}{last}."


def _count(tally: Tally, verdict: Verdict) -> str:
    reasons = [f"{n} {reason}" for reason, n in tally.reasons(verdict) if reason]
    return f"{tally.of(verdict)} {verdict}" + (f" ({', '.join(reasons)})" if reasons else "")


def duration_in_words(seconds: float) -> str:
    """Return a time in words, such as ``2 h 5 min``."""
    if seconds < 59.95:  # noqa: PLR2004 - a minute, as it is rounded
        return f"{max(0.0, seconds):.1f} s"  # the clock may have been set back meanwhile
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
