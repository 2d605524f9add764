"""Jobs that come over the queue are read strictly; events say what ARCHITECTURE.md promises."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mammovlm.job import AnalysisJob, InstanceReference, PredecessorReport
from mammovlm.study import LeftOut, LeftOutReason
from mammovlm.tasks.answer_question import QuestionMessage
from mammovlm.tasks.messages import JobMessage, event

JOB: dict[str, Any] = {
    "version": 1,
    "job_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "orthanc_study_id": "b9c08539-26f93bde-c81ab0d7-bffaf2cb-a4d0bdd0",
    "study_instance_uid": "1.2.3",
    "run": 2,
    "priority": "urgent",
    "instances": [{"series_instance_uid": "1.2.3.4", "sop_instance_uid": "1.2.3.4.5"}],
    "left_out": [{"sop_instance_uid": "1.2.3.4.6", "reason": "spot-compression", "detail": ""}],
    "predecessor": {
        "sop_class_uid": "1.2.840.10008.5.1.4.1.1.88.33",
        "sop_instance_uid": "2.25.1",
        "series_instance_uid": "2.25.2",
    },
}


def test_a_job_becomes_the_pipelines_own_type() -> None:
    assert JobMessage.model_validate(JOB).to_job() == AnalysisJob(
        study_instance_uid="1.2.3",
        instances=(InstanceReference("1.2.3.4", "1.2.3.4.5"),),
        left_out=(LeftOut("1.2.3.4.6", LeftOutReason.SPOT_COMPRESSION),),
        predecessor=PredecessorReport("1.2.840.10008.5.1.4.1.1.88.33", "2.25.1", "2.25.2"),
        run=2,
    )


def test_a_first_run_has_no_predecessor() -> None:
    assert JobMessage.model_validate({**JOB, "predecessor": None}).to_job().predecessor is None


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"study_instance_uid": "../../etc"},
        {"study_instance_uid": ""},
        {"orthanc_study_id": "a/b"},
        {"left_out": [{"sop_instance_uid": "1", "reason": "because"}]},
        {"instances": "all"},
        {"run": 0},
    ],
)
def test_a_malformed_job_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JobMessage.model_validate({**JOB, **change})


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_any_value_in_place_of_a_uid_is_refused_or_stays_a_uid(value: object) -> None:
    try:
        job = JobMessage.model_validate({**JOB, "study_instance_uid": value})
    except ValidationError:
        return
    assert re.fullmatch(r"[0-9][0-9.]{0,63}", job.study_instance_uid)


def test_the_messages_are_those_of_the_architecture_document() -> None:
    text = (Path(__file__).parents[2] / "ARCHITECTURE.md").read_text()
    job_keys, question_keys, event_keys = (
        set(re.findall(r'"([a-z_]+)":', block))
        for block in re.findall(r"```json\n(.*?)```", text, flags=re.DOTALL)
    )
    own_event = json.loads(event(JobMessage.model_validate(JOB), "running").model_dump_json())
    assert set(own_event) == event_keys
    assert set(JobMessage.model_fields) <= job_keys
    assert set(QuestionMessage.model_fields) == question_keys
