# SPDX-License-Identifier: MIT
"""The account of a run, in words."""

from collections.abc import Iterator, Sequence
from typing import Final

from gs.profile.status.send.model import Outcome, StopCause, Tally, Verdict
from gs.profile.status.send.printable import printable

_SIGNALS: Final = (StopCause.HANG_UP, StopCause.INTERRUPT, StopCause.TERMINATE)

_TO_DO: Final = {
    StopCause.TOKEN_REFUSED: "Give the configuration file the token that the site has.",
    StopCause.NOT_A_SITE: "Check that the URL is the address of a GroupServer site.",
    StopCause.UNREACHABLE: "See that the site is up.",
    StopCause.BUSY: "Give the site time; --throttle makes the next run gentler.",
    StopCause.TOO_MANY_UNKNOWN: "See what the site's log says; if all is well there, "
    "--max-unknown 0 goes on past such answers.",
}

_UNKNOWN: Final = "Unknown are those to whom the site may have sent, or may not: it did not say."

_NO_MEMORY: Final = (
    "This version keeps no record between runs: calling it again sends to everybody anew."
)


def closing_line(tally: Tally, seconds: float) -> str:
    """Return the counts by verdict and reason, and the time that the run took."""
    return f"{counts(tally)}. It took {_time(seconds)}."


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


def troubles(
    tally: Tally, cause: StopCause | None, unsettled: Sequence[Outcome], *, counted: bool
) -> Iterator[str]:
    """Yield the lines that say what is not well and what to do; none where all is.

    The counts are left out where they have been *counted* for the reader before.
    """
    if tally.all_settled and cause is None:
        return
    if cause is None:
        yield "Not everybody could be sent to."
    else:
        yield f"The run was stopped: {cause.value}."
    if not counted:
        yield f"{counts(tally)}."
    for outcome in unsettled:
        yield f"  {outcome.verdict}: {printable(outcome.member)}: {printable(outcome.message)}"
    more = tally.of(Verdict.FAILED) + tally.of(Verdict.UNKNOWN) - len(unsettled)
    if more > 0:
        yield f"  … and {more} more"
    if tally.of(Verdict.UNKNOWN):
        yield _UNKNOWN
    if cause in _TO_DO:
        yield _TO_DO[cause]
    yield _NO_MEMORY


def _count(tally: Tally, verdict: Verdict) -> str:
    reasons = [f"{n} {reason}" for reason, n in tally.reasons(verdict) if reason]
    return f"{tally.of(verdict)} {verdict}" + (f" ({', '.join(reasons)})" if reasons else "")


def _time(seconds: float) -> str:
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
