# SPDX-License-Identifier: MIT
"""The summary of a run: what happened, and what the operator can do now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from textwrap import wrap
from typing import Final

from gs.profile.status.send.run.model import RecordedOutcome, StopCause, Tally, Verdict
from gs.profile.status.send.text import printable

_SIGNALS: Final = (StopCause.HANG_UP, StopCause.INTERRUPT, StopCause.TERMINATE)

_ADVICE: Final = {
    StopCause.TOKEN_REFUSED: "Copy the token of the site to the configuration file.",
    StopCause.NOT_A_SITE: "Check that the URL is the address of a GroupServer site.",
    StopCause.UNREACHABLE: "Check that the site works. --patience sets how long a run retries.",
    StopCause.BUSY: "Run the command later. --rate or -j auto sends more slowly.",
    StopCause.NO_ANSWER: "Check the log of the site. --patience sets how long a run retries.",
    StopCause.TOO_MANY_UNKNOWN: "Check the log of the site. If the site works, --max-unknown 0 "
    "turns this limit off.",
}

# Columns: a terminal or a mail of cron shows so many without wrapping.
_WIDTH: Final = 100
_ID_WIDTH: Final = 44
_PARAGRAPH_WIDTH: Final = 88

_UNKNOWN: Final = "Unknown: the site did not say whether it sent the notification."


@dataclass(frozen=True, slots=True)
class RunResult:
    """How an invocation of a run ended.

    *cause* is why it stopped early, if it did. *retry_after* is the pause that the site asks for,
    in seconds. *repeatable* is how many unknown members have a key that the site may remember.
    """

    tally: Tally
    cause: StopCause | None = None
    retry_after: float | None = None
    repeatable: int = 0


def closing_line(tally: Tally, seconds: float) -> str:
    """Return the counts by verdict and reason, and the duration of the run."""
    return f"{counts(tally)}. The run took {duration_in_words(seconds)}."


def counts(tally: Tally) -> str:
    """Return the counts by verdict and reason."""
    if not tally.total:
        return "The site lists no members"
    texts = []
    for verdict in filter(tally.of, Verdict):
        reasons = [f"{n} {reason}" for reason, n in tally.reasons(verdict) if reason]
        listed = f" ({', '.join(reasons)})" if reasons else ""
        texts.append(f"{tally.of(verdict)} {verdict}{listed}")
    members = "member" if tally.total == 1 else "members"
    return f"{tally.total} {members}: {'; '.join(texts)}"


def stopping_line(cause: StopCause, in_flight: int) -> str:
    """Return the line for an operator who stops the run and has to wait, else an empty text."""
    if cause not in _SIGNALS or not in_flight:
        return ""
    answers = "answer" if in_flight == 1 else "answers"
    return f"Stopping: waiting for {in_flight} {answers}. A second signal stops the run at once."


def removed_line(removed: int) -> str:
    """Return the line about members who are no longer on the list of the site."""
    members = "1 member is" if removed == 1 else f"{removed} members are"
    return f"{members} no longer listed by the site and skipped."


def pausing_line(cause: StopCause, seconds: float) -> str:
    """Return the line about a pause of the run."""
    text = cause.value[0].upper() + cause.value[1:]
    return f"{text}. The run tries again in {duration_in_words(seconds)}."


def problem_lines(
    result: RunResult, unresolved: Sequence[RecordedOutcome], now: datetime, *, counted: bool
) -> Iterator[str]:
    """Yield the lines about the problems of a run, and what to do; none if there are none.

    With *counted* the reader has seen the counts already. *now* is the time of the machine, in
    its zone.
    """
    tally, cause = result.tally, result.cause
    if tally.complete and cause is None:
        return
    yield f"The run stopped: {cause.value}." if cause else "The run is incomplete."
    if not counted:
        yield from paragraph(f"{counts(tally)}.")
    yield from member_lines(tally, unresolved)
    if tally.of(Verdict.UNKNOWN):
        yield _UNKNOWN
    if cause in _ADVICE:
        yield _ADVICE[cause]
    if result.retry_after:
        yield retry_after_line(result.retry_after, now)
    yield from paragraph(next_steps(tally, result.repeatable))


def retry_after_line(seconds: float, now: datetime) -> str:
    """Return the line about a site that asks for a pause.

    It may have asked for a longer one: libcurl reports at most six hours.
    """
    until = now + timedelta(seconds=seconds)
    asked = f"The site asks for a pause of at least {duration_in_words(seconds)}"
    return f"{asked}. Do not run the command before {until:%Y-%m-%d %H:%M:%S}."


def paragraph(text: str, indent: str = "") -> Iterator[str]:
    """Yield the lines of *text* with *indent*, and two more spaces from the second line on."""
    yield from wrap(
        text,
        _PARAGRAPH_WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def member_lines(tally: Tally, unresolved: Sequence[RecordedOutcome]) -> Iterator[str]:
    """Yield a line for each of *unresolved*, and one with the number of the others."""
    for outcome in (record.outcome for record in unresolved):
        member = _short(printable(outcome.member), _ID_WIDTH)
        yield _short(f"  {outcome.verdict}: {member}: {printable(outcome.message)}", _WIDTH)
    more = tally.of(Verdict.FAILED) + tally.of(Verdict.UNKNOWN) - len(unresolved)
    if more > 0:
        yield f"  … and {more} more; --status --json lists all of them"


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def next_steps(tally: Tally, repeatable: int, run: str = "Run the same command") -> str:
    """Return what the operator can do next; *run* says how to resume the run.

    *repeatable* is how many unknown members have a key that the site may remember.
    """
    waiting, failed = tally.of(Verdict.WAITING), tally.of(Verdict.FAILED)
    unknown = tally.of(Verdict.UNKNOWN) + tally.of(Verdict.SENDING) - repeatable
    steps = []
    if waiting:
        steps.append(f"send to {waiting} waiting")
    if failed:
        steps.append(f"retry {failed} failed")
    if repeatable:
        steps.append(f"repeat {repeatable} unknown if the site remembers their keys")
    if not steps and not unknown:
        return f"{run} to send to new members only."
    sentences = []
    if steps:
        *others, last = steps
        sentences.append(f"{run} to {', '.join(others)}{' and ' if others else ''}{last}.")
    if unknown > 0:
        resend = "Add" if steps else f"{run} with"
        sentences.append(
            f"{resend} --resend-unknown to send to {unknown} unknown; they may get a second mail."
        )
    return " ".join(sentences)


def duration_in_words(seconds: float) -> str:
    """Return a time in words, such as ``2 h 5 min``."""
    if seconds < 59.95:  # noqa: PLR2004 - a minute, as it is rounded
        return f"{max(0.0, seconds):.1f} s"  # the clock may have been set back
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
