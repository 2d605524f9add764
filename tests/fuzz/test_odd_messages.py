"""What fuzzing found in the plugin: each once stopped the reading of all later messages."""

import json
from typing import Any

import pytest

from fuzz.documents import AT, EVENT, JOB, STUDY
from mammovlm_orthanc import status_store, transitions
from mammovlm_orthanc.messages import MessageMalformed, read_event
from mammovlm_orthanc.readiness import Arrivals
from mammovlm_orthanc.status import StatusUnreadable, StudyStatus

STATUS: dict[str, Any] = {
    "version": 1,
    "study_instance_uid": STUDY,
    "state": "done",
    "run": 1,
    "times": {"done": AT},
}


@pytest.mark.parametrize(
    "odd",
    [
        {"state": {}},
        {"state": []},
        {"timings_s": {"read": 10**400}},
        {"timings_s": {"read": float("nan")}},
        {"timings_s": {"read": float("inf")}},
        {"timings_s": {str(n): 1.0 for n in range(1000)}},
    ],
)
def test_an_event_that_cannot_be_written_down_is_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(MessageMalformed):
        read_event(json.dumps({**EVENT, **odd}).encode())


@pytest.mark.parametrize(
    "odd",
    [
        {"text": "\ud800"},
        {"timings_s": {"\udfff": 1}},
        {"report": {**EVENT["report"], "sop_class_uid": "\ud83d"}},
    ],
)
def test_half_a_character_in_an_event_does_not_stop_the_study(odd: dict[str, Any]) -> None:
    event = read_event(json.dumps({**EVENT, **odd}).encode())
    status = transitions.after_event(StudyStatus(STUDY, job_id=JOB), event)
    assert StudyStatus.from_json(status.to_json().encode().decode()).state == "done"


@pytest.mark.parametrize(
    "odd",
    [
        {"times": []},
        {"times": {"done": 5}},
        {"report": "none"},
        {"report": {"sop_instance_uid": 7}},
        {"history": [None]},
        {"history": [{"run": 1, "state": "lost"}]},
        {"history": [{"run": True, "state": "done"}]},
        {"run": float("inf")},
        {"run": 0},
        {"text": "\ud800"},
        {"timings_s": {"read": float("nan")}},
        {"missing": "RCC"},
    ],
)
def test_an_odd_status_document_is_unreadable_and_not_half_read(odd: dict[str, Any]) -> None:
    with pytest.raises(StatusUnreadable):
        StudyStatus.from_json(json.dumps({**STATUS, **odd}))


def test_a_plain_status_document_is_read() -> None:
    status = StudyStatus.from_json(json.dumps(STATUS))
    assert status_store._entry("study", status).changed_at == AT


def test_a_clock_that_is_set_back_does_not_make_a_study_wait_for_it() -> None:
    an_hour_later = 3600.0
    arrivals = Arrivals(an_hour_later, an_hour_later + 1).not_after(5.0)
    assert (arrivals.first, arrivals.last) == (5.0, 5.0)
    assert Arrivals(1.0, 2.0).not_after(5.0) == Arrivals(1.0, 2.0)
