# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a study's status changes: pure functions from one document to the next.

Each gives the very same object back where nothing changes, so that nothing is written then.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mammovlm_orthanc.languages import ENGLISH
from mammovlm_orthanc.messages import Event
from mammovlm_orthanc.readiness import Verdict
from mammovlm_orthanc.selection import Selection
from mammovlm_orthanc.status import FINAL, WITH_REPORT, Priority, State, StudyStatus

KEPT_RUNS = 50
"""Earlier runs that a document keeps; Orthanc's metadata is no place for more."""

NO_STANDARD_VIEW, NO_MAMMOGRAM = (
    (code, ENGLISH(f"reason.{code}")) for code in ("no-standard-view", "no-mammogram")
)

INTAKE_FAILED, _INTAKE_FAILED_TEXT = "intake-failed", ENGLISH("reason.intake-failed")


def receiving(status: StudyStatus | None, study_instance_uid: str, at: str) -> StudyStatus:
    """Begin a run: the first one, or the next one after any later state."""
    if status is None:
        return StudyStatus(study_instance_uid, times={State.RECEIVING: at})
    if status.state is State.RECEIVING:
        return status
    hurries = status.priority is Priority.URGENT and status.state not in FINAL
    return StudyStatus(
        study_instance_uid,
        run=status.run + 1,
        priority=Priority.URGENT if hurries else Priority.NORMAL,
        history=(*status.history, _summary(status))[-KEPT_RUNS:],
        times={State.RECEIVING: at},
    )


def decided(
    status: StudyStatus,
    selection: Selection,
    verdict: Verdict,
    *,
    job_id: str,
    priority: Priority,
    at: str,
) -> StudyStatus:
    """Write down the decision on a run that was being received: ready, or rejected.

    A run that somebody called urgent meanwhile stays so.
    """
    known = with_selection(status, selection)
    if verdict is Verdict.REJECTED:
        has_mammograms = bool(selection.left_out)
        reason, text = NO_STANDARD_VIEW if has_mammograms else NO_MAMMOGRAM
        return replace(_enter(known, State.REJECTED, at), reason=reason, text=text)
    return replace(
        _enter(known, State.READY, at),
        job_id=job_id,
        priority=Priority.URGENT if status.priority is Priority.URGENT else priority,
        predecessor=status.latest_report,
    )


def not_taken_in(status: StudyStatus | None, study_instance_uid: str, at: str) -> StudyStatus:
    """Let a run fail whose images cannot be read: the run being received, or a new one."""
    if status and status.state is State.FAILED and status.reason == INTAKE_FAILED:
        return status
    failed = _enter(receiving(status, study_instance_uid, at), State.FAILED, at)
    return replace(failed, reason=INTAKE_FAILED, text=_INTAKE_FAILED_TEXT)


def with_selection(status: StudyStatus, selection: Selection) -> StudyStatus:
    """Write down which images are analysed, left out and missing."""
    return replace(
        status,
        instances=tuple(
            {
                "series_instance_uid": image.series_instance_uid,
                "sop_instance_uid": image.sop_instance_uid,
            }
            for image in selection.chosen
        ),
        left_out=tuple(
            {
                "sop_instance_uid": image.sop_instance_uid,
                "reason": str(image.reason),
                "detail": image.detail,
            }
            for image in selection.left_out
        ),
        missing=tuple(str(slot) for slot in selection.missing),
    )


def queued(status: StudyStatus, job_id: str, at: str) -> StudyStatus:
    """Note that the broker has the job; a worker may already have told more."""
    if status.state is not State.READY or status.job_id != job_id:
        return status
    return _enter(status, State.QUEUED, at)


def to_send_again(status: StudyStatus, at: str) -> StudyStatus:
    """Put a job that nothing was heard of back into the outbox, the same job as before."""
    if status.state not in {State.QUEUED, State.RUNNING}:
        return status
    return _enter(status, State.READY, at)


def made_urgent(status: StudyStatus, at: str) -> StudyStatus:
    """Let a run that waits go before the others; a run that has ended stays as it is.

    One that is queued goes into the outbox again, the same job for the urgent queue: whichever
    worker takes it second stores the same report.
    """
    if status.state in FINAL or status.priority is Priority.URGENT:
        return status
    again = _enter(status, State.READY, at) if status.state is State.QUEUED else status
    return replace(again, priority=Priority.URGENT)


def after_event(status: StudyStatus, event: Event) -> StudyStatus:
    """Apply what a worker, or the dead-letter queue, tells about one run.

    Events of an earlier run go into that run's entry of the history only. An event of an unknown
    job changes nothing.
    """
    if event.job_id == status.job_id:
        return _after_own_event(status, event)
    history = tuple(
        _after_event_on_history(entry, event) if entry.get("job_id") == event.job_id else entry
        for entry in status.history
    )
    return status if history == status.history else replace(status, history=history)


def _after_own_event(status: StudyStatus, event: Event) -> StudyStatus:
    if not _may_follow(status.state, event):
        return status
    return replace(
        _enter(status, event.state, event.at),
        reason=event.reason,
        text=event.text,
        report=event.report or status.report,
        algorithm=event.algorithm or status.algorithm,
        timings_s=event.timings_s or status.timings_s,
    )


def _after_event_on_history(entry: Mapping[str, Any], event: Event) -> Mapping[str, Any]:
    if not _may_follow(State(entry["state"]), event):
        return entry
    told = {
        "state": str(event.state),
        "reason": event.reason,
        "text": event.text,
        "report": event.report or entry.get("report"),
        "algorithm": event.algorithm or entry.get("algorithm"),
        "timings_s": event.timings_s or entry.get("timings_s", {}),
        "times": {**entry.get("times", {}), str(event.state): event.at},
    }
    return {**entry, **told}


def _may_follow(state: State, event: Event) -> bool:
    """Say whether an event of the same job is news; a job delivered twice tells things twice."""
    if state in WITH_REPORT:
        return False
    if event.is_dead_notice:
        return state not in FINAL
    return not (state is State.REJECTED and event.state is State.RUNNING) and not (
        state is event.state and state is not State.FAILED
    )


def _enter(status: StudyStatus, state: State, at: str) -> StudyStatus:
    return replace(status, state=state, reason="", text="", times={**status.times, state: at})


def _summary(status: StudyStatus) -> Mapping[str, Any]:
    return {
        "run": status.run,
        "job_id": status.job_id,
        "state": str(status.state),
        "reason": status.reason,
        "text": status.text,
        "instances": list(status.instances),
        "report": status.report,
        "algorithm": status.algorithm,
        "timings_s": status.timings_s,
        "times": status.times,
    }
