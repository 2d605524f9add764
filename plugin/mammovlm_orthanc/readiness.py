# SPDX-License-Identifier: AGPL-3.0-or-later
"""When a study is analysed: a pure function of what is there and of three times."""

from dataclasses import dataclass
from enum import StrEnum

from mammovlm_orthanc.selection import Selection


class Verdict(StrEnum):
    """What to do with a study now."""

    WAITING = "waiting"
    READY = "ready"
    PARTIAL = "partial"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Arrivals:
    """When the images of a run came, in seconds since 1970 (UTC)."""

    first: float
    last: float

    def not_after(self, now: float) -> "Arrivals":
        """Take times that are still to come as now: the clock was set back since."""
        return Arrivals(min(self.first, now), min(self.last, now))


@dataclass(frozen=True)
class Judgement:
    """A verdict, and how long to wait before judging again.

    Parameters
    ----------
    verdict
        READY: all four slots. PARTIAL: deadline passed with some. REJECTED: deadline passed with
        none.
    wait_s
        Seconds until the verdict may change; 0 unless WAITING.
    """

    verdict: Verdict
    wait_s: float = 0.0


def judge(
    selection: Selection, arrivals: Arrivals, now: float, *, quiet_s: float, deadline_s: float
) -> Judgement:
    """Judge a study.

    Four slots filled with images for presentation, and quiet for ``quiet_s``: ready, long before
    any stable-study timer. At ``deadline_s`` after the first image: with what is there.
    """
    until_deadline = arrivals.first + deadline_s - now
    if until_deadline <= 0:
        return Judgement(verdict_now(selection))
    if not selection.is_complete:
        return Judgement(Verdict.WAITING, until_deadline)
    until_quiet = arrivals.last + quiet_s - now
    if until_quiet <= 0:
        return Judgement(Verdict.READY)
    return Judgement(Verdict.WAITING, min(until_quiet, until_deadline))


def verdict_now(selection: Selection) -> Verdict:
    """Judge without waiting any longer: at the deadline, or because somebody asked."""
    if not selection.chosen:
        return Verdict.REJECTED
    return Verdict.PARTIAL if selection.missing else Verdict.READY
