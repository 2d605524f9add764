"""A study called urgent goes before the others, whatever it was doing."""

from dataclasses import replace

import pytest

from mammovlm_orthanc import transitions
from mammovlm_orthanc.messages import Event
from mammovlm_orthanc.readiness import Verdict
from mammovlm_orthanc.selection import Selection
from mammovlm_orthanc.status import FINAL, Priority, State, StudyStatus

AT = "2026-01-05T10:15:00.000+00:00"
REPORT = {"sop_class_uid": "1.1", "sop_instance_uid": "1.2", "series_instance_uid": "1.3"}


def in_state(state: State) -> StudyStatus:
    return StudyStatus("1.2.3", state=state, job_id="job-1", times={state: AT})


@pytest.mark.parametrize("state", [State.RECEIVING, State.READY, State.RUNNING])
def test_a_study_that_is_not_in_the_queue_stays_where_it_is(state: State) -> None:
    after = transitions.made_urgent(in_state(state), AT)
    assert (after.state, after.priority) == (state, Priority.URGENT)


def test_a_queued_study_goes_into_the_outbox_again_with_the_same_job() -> None:
    after = transitions.made_urgent(in_state(State.QUEUED), AT)
    assert (after.state, after.priority, after.job_id) == (State.READY, Priority.URGENT, "job-1")


@pytest.mark.parametrize("state", sorted(FINAL))
def test_a_study_that_is_done_is_left_alone(state: State) -> None:
    before = in_state(state)
    assert transitions.made_urgent(before, AT) is before


def test_calling_it_urgent_twice_changes_nothing_more() -> None:
    once = transitions.made_urgent(in_state(State.QUEUED), AT)
    assert transitions.made_urgent(once, AT) is once


def test_it_is_still_urgent_when_its_images_are_complete_or_more_come() -> None:
    receiving = transitions.made_urgent(in_state(State.RECEIVING), AT)
    ready = transitions.decided(
        receiving, Selection(), Verdict.READY, job_id="j", priority=Priority.NORMAL, at=AT
    )
    assert ready.priority is Priority.URGENT
    assert transitions.receiving(ready, "1.2.3", AT).priority is Priority.URGENT


def test_a_new_run_of_a_study_that_was_done_is_not_urgent_by_itself() -> None:
    done = replace(in_state(State.DONE), priority=Priority.URGENT)
    assert transitions.receiving(done, "1.2.3", AT).priority is Priority.NORMAL


def test_the_latest_report_is_that_of_the_run_before_until_there_is_a_new_one() -> None:
    done = transitions.after_event(
        in_state(State.RUNNING), Event("id", "job-1", State.DONE, AT, report=REPORT)
    )
    again = transitions.receiving(done, "1.2.3", AT)
    assert again.report is None
    assert again.latest_report == REPORT
    assert (again.run, again.run_of(REPORT["sop_instance_uid"])) == (2, 1)
    assert StudyStatus("1.2.3").latest_report is None
