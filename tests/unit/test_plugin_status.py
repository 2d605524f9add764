"""How a study's status changes, and what of a message is believed."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammovlm_orthanc import transitions
from mammovlm_orthanc.candidate import Candidate, LeftOut, LeftOutReason, Slot
from mammovlm_orthanc.messages import Event, MessageMalformed, read_dead_notice, read_event
from mammovlm_orthanc.readiness import Verdict
from mammovlm_orthanc.selection import Selection, select
from mammovlm_orthanc.status import Priority, State, StatusUnreadable, StudyStatus

AT = "2026-01-05T10:15:00.000+00:00"
STUDY = "b9c08539-26f93bde-c81ab0d7-bffaf2cb-a4d0bdd0"
REPORT = {
    "sop_class_uid": "1.2.840.10008.5.1.4.1.1.88.33",
    "sop_instance_uid": "2.25.1",
    "series_instance_uid": "2.25.2",
}
SELECTION = select(
    [
        Candidate("1.1", "1.2", Slot.RCC),
        LeftOut("1.3", LeftOutReason.SPOT_COMPRESSION, "CC"),
    ]
)


def decided(
    before: StudyStatus | None = None, job_id: str = "job-1", selection: Selection = SELECTION
) -> StudyStatus:
    return transitions.decided(
        transitions.receiving(before, "1.2.3", AT),
        selection,
        Verdict.PARTIAL if selection.chosen else Verdict.REJECTED,
        job_id=job_id,
        priority=Priority.NORMAL,
        at=AT,
    )


def told(state: State, job_id: str = "job-1", **facts: Any) -> Event:
    return Event(STUDY, job_id, state, AT, **facts)


def after(status: StudyStatus, *events: Event) -> StudyStatus:
    for event in events:
        status = transitions.after_event(status, event)
    return status


def test_a_status_survives_being_written_and_read() -> None:
    status = after(decided(), told(State.DONE, report=REPORT, timings_s={"fetch": 0.5}))
    status = decided(status, "job-2")
    assert StudyStatus.from_json(status.to_json()) == StudyStatus.from_json(
        StudyStatus.from_json(status.to_json()).to_json()
    )
    assert StudyStatus.from_json(status.to_json()).predecessor == REPORT


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_a_document_that_is_no_status_is_refused_by_name(document: str) -> None:
    with pytest.raises(StatusUnreadable):
        StudyStatus.from_json(document)


def test_a_decision_names_images_reasons_and_missing_slots() -> None:
    status = decided()
    assert status.state is State.READY
    assert [i["sop_instance_uid"] for i in status.instances] == ["1.2"]
    assert status.left_out[0]["reason"] == "spot-compression"
    assert status.missing == ("LCC", "RMLO", "LMLO")


def test_a_study_without_standard_views_is_rejected_with_a_sentence() -> None:
    status = decided(selection=select([LeftOut("1.3", LeftOutReason.SPECIAL_VIEW, "ML")]))
    assert (status.state, status.reason) == (State.REJECTED, "no-standard-view")
    assert "laterality" in status.text


def test_a_worker_that_is_faster_than_the_publisher_is_believed() -> None:
    running = after(decided(), told(State.RUNNING))
    assert transitions.queued(running, "job-1", AT) is running


def test_a_redelivered_job_does_not_undo_its_result() -> None:
    done = after(decided(), told(State.RUNNING), told(State.DONE, report=REPORT))
    again = after(
        done, told(State.RUNNING), told(State.FAILED), told(State.FAILED, is_dead_notice=True)
    )
    assert again == done


def test_a_failed_job_may_still_succeed_when_it_is_delivered_again() -> None:
    status = after(decided(), told(State.FAILED), told(State.RUNNING), told(State.DONE))
    assert status.state is State.DONE


def test_a_dead_notice_does_not_hide_the_workers_own_reason() -> None:
    status = after(
        decided(),
        told(State.FAILED, reason="result-invalid"),
        told(State.FAILED, reason="internal-error", is_dead_notice=True),
    )
    assert status.reason == "result-invalid"


def test_news_of_an_earlier_run_goes_into_the_history_only() -> None:
    second = decided(after(decided(), told(State.RUNNING)), "job-2")
    status = after(second, told(State.DONE, report=REPORT))
    assert (status.state, status.run) == (State.READY, 2)
    assert status.history[0]["state"] == "done"
    assert status.history[0]["report"] == REPORT


def test_news_of_an_unknown_job_changes_nothing() -> None:
    status = decided()
    assert transitions.after_event(status, told(State.DONE, "job-x")) is status


def test_the_next_report_names_the_last_one_there_is() -> None:
    first = after(decided(), told(State.DONE, report=REPORT))
    second = after(decided(first, "job-2"), told(State.FAILED, "job-2"))
    assert decided(second, "job-3").predecessor == REPORT


def test_a_stuck_job_is_sent_again_as_the_same_job() -> None:
    queued = transitions.queued(decided(), "job-1", AT)
    again = transitions.to_send_again(queued, AT)
    assert (again.state, again.job_id, again.run) == (State.READY, "job-1", 1)
    done = replace(queued, state=State.DONE)
    assert transitions.to_send_again(done, AT) is done


@given(st.lists(st.sampled_from([s for s in State if s not in {State.RECEIVING, State.READY}])))
def test_late_images_always_begin_a_new_run_that_keeps_the_old_one(states: list[State]) -> None:
    status = after(decided(), *(told(state) for state in states if state is not State.QUEUED))
    late = transitions.receiving(status, "1.2.3", AT)
    assert (late.state, late.run) == (State.RECEIVING, 2)
    assert late.history[-1]["state"] == status.state


EVENT: dict[str, Any] = {
    "version": 1,
    "job_id": "job-1",
    "orthanc_study_id": STUDY,
    "study_instance_uid": "1.2.3",
    "run": 1,
    "at": AT,
    "state": "done",
    "reason": "",
    "text": "",
    "report": REPORT,
    "algorithm": None,
    "timings_s": {"fetch": 0.1},
}


def test_an_event_is_read() -> None:
    event = read_event(json.dumps(EVENT).encode())
    assert (event.state, event.report, event.timings_s) == (State.DONE, REPORT, {"fetch": 0.1})


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"orthanc_study_id": "../../system"},
        {"job_id": 5},
        {"state": "queued"},
        {"at": "yesterday"},
        {"report": {"sop_class_uid": "1"}},
        {"timings_s": {"fetch": "long"}},
        {"text": ["x"]},
    ],
)
def test_a_malformed_event_is_refused_without_being_repeated(change: dict[str, Any]) -> None:
    with pytest.raises(MessageMalformed) as refused:
        read_event(json.dumps({**EVENT, **change}).encode())
    assert not any(str(value) in str(refused.value) for value in change.values() if value != 2)


@given(st.binary() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps).map(str.encode))
def test_no_bytes_make_reading_fail_in_another_way(body: bytes) -> None:
    for read in (read_event, lambda b: read_dead_notice(b, {}, AT)):
        with pytest.raises(MessageMalformed):
            read(body)


def test_a_dead_letter_says_why_it_died() -> None:
    job = {"orthanc_study_id": STUDY, "job_id": "job-1"}
    body = json.dumps([[job], {}, {}]).encode()
    lost = read_dead_notice(body, {"x-death": [{"reason": "delivery_limit"}]}, AT)
    assert (lost.state, lost.reason) == (State.FAILED, "worker-lost")
    assert read_dead_notice(body, {"x-death": "?"}, AT).reason == "internal-error"
