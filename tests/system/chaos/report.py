"""The report of a campaign, for people to read."""

from collections.abc import Iterator, Sequence
from statistics import median

from system.chaos.campaign import Outcome, Struck


def lines(outcome: Outcome) -> Iterator[str]:
    """Write counts, recovery times by kind of fault, and complaints."""
    first, again = outcome.first, outcome.again
    yield f"{sum(first.states.values())} studies, {len(outcome.struck)} faults, " + (
        f"{outcome.took_s:.0f} s"
    )
    for state, count in sorted(first.states.items()):
        yield f"  {count:5d}  {state}"
    yield f"  {first.reports} reports stored, {first.runs} runs that ended with a report"
    yield f"  {outcome.dead_letters} dead letters; modalities sent again {outcome.refusals} times"
    yield f"  studies that kill their worker, deliveries each: {outcome.deliveries}"
    yield "after asking again for what failed:"
    for state, count in sorted(again.states.items()):
        yield f"  {count:5d}  {state}"
    yield from _recoveries(outcome.struck)
    complaints = sorted({*first.complaints, *again.complaints})
    yield f"{len(complaints)} complaints"
    yield from (f"  {complaint}" for complaint in complaints)


def _recoveries(struck: Sequence[Struck]) -> Iterator[str]:
    yield "fault                              times  lasted s  next study ended after s (longest)"
    for name in sorted({fault.name for fault in struck}):
        same = [fault for fault in struck if fault.name == name]
        after = [fault.recovery_s for fault in same if fault.recovery_s is not None] or [0.0]
        lasted = median(fault.lasted_s for fault in same)
        yield (
            f"{name:33s}  {len(same):5d}  {lasted:8.1f}  {median(after):8.1f} ({max(after):.1f})"
        )
