"""Questions: what the plugin sends is what the worker reads, and its facts are the report's."""

import json
from dataclasses import replace
from typing import Any

import pytest
from celery.worker.request import Request as CeleryRequest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kombu import Connection
from kombu.utils.uuid import uuid

from headers_as_orthanc_gives_them import orthanc_tags
from mammovlm.archive.questions import QuestionDocument
from mammovlm.explanation import facts_of
from mammovlm.explanation.answers import AnswerOrigin
from mammovlm.explanation.questions import LONGEST_QUESTION as LONGEST_READ
from mammovlm.explanation.reported_facts import reported_facts
from mammovlm.findings import Findings
from mammovlm.results import ReportOptions, structured_report
from mammovlm.study import Study
from mammovlm.tasks import app as application
from mammovlm.tasks import topology as worker_topology
from mammovlm.tasks.answer_question import QuestionMessage
from mammovlm_orthanc import topology
from mammovlm_orthanc.ask_facts import QuestionFacts
from mammovlm_orthanc.ask_messages import TASK, question_message
from mammovlm_orthanc.conversation import LONGEST_QUESTION, ORIGINS, Conversation, Question
from mammovlm_orthanc.status import StudyStatus
from mammovlm_orthanc.stored_study import StoredStudies
from report_examples import EXAMPLES, EXPLANATION, nothing_trained

ALL = {**EXAMPLES, "nothing trained": nothing_trained}
ORTHANC_ID = "b9c08539-26f93bde-c81ab0d7-bffaf2cb-a4d0bdd0"
AT = "2026-01-05T10:15:00.000+00:00"


def asked(number: int = 1, words: str = "How dense is it?") -> Question:
    return Question(number, AT, "Dr A", 1, "1.2.3.9", words, uuid())


class OneReport(StoredStudies):
    """An Orthanc that holds one report."""

    def __init__(self, tags: dict[str, Any]) -> None:
        self._tags = tags

    def instance_id(self, sop_instance_uid: str, study_id: str) -> str:
        return "an instance"

    def report(self, instance_id: str) -> dict[str, Any]:
        return self._tags


def told(tags: dict[str, Any], status: StudyStatus, conversation: Conversation) -> dict[str, Any]:
    document = QuestionFacts(OneReport(tags)).document(
        ORTHANC_ID, status, conversation, conversation.questions[-1]
    )
    sent: dict[str, Any] = json.loads(json.dumps(document))
    return sent


def test_the_worker_reads_the_plugins_question_job() -> None:
    question = asked(7)
    message = question_message(ORTHANC_ID, "1.2.3", question)
    job = json.loads(message.body)[0][0]
    read = QuestionMessage.model_validate(job)
    assert set(job) == set(QuestionMessage.model_fields)
    reference = read.to_reference()
    assert (reference.orthanc_study_id, reference.number) == (ORTHANC_ID, 7)
    assert reference.job_id == question.job_id
    assert question.question not in message.body.decode() + str(message.headers)


def test_celery_takes_the_message_for_a_call_of_the_task_for_questions() -> None:
    message = question_message(ORTHANC_ID, "1.2.3", asked())
    with Connection("memory://") as connection:
        queue = connection.SimpleQueue("questions")
        queue.put(
            message.body,
            headers=dict(message.headers),
            content_type="application/json",
            content_encoding="utf-8",
            correlation_id=message.correlation_id,
        )
        received = queue.get(block=True, timeout=5)
        request = CeleryRequest(received, app=application, task=application.tasks[TASK])
        arguments, _, _ = received.payload
    assert (request.name, arguments) == (TASK, json.loads(message.body)[0])


def test_questions_have_a_queue_of_their_own_with_the_same_limits() -> None:
    queue = worker_topology.QUESTION_QUEUE
    assert (queue.name, queue.routing_key) == ("mammovlm.question", topology.QUESTION_KEY)
    assert queue.queue_arguments == worker_topology.ANALYSIS_QUEUES[0].queue_arguments


def test_both_know_the_same_origins_and_lengths() -> None:
    assert {str(origin) for origin in AnswerOrigin} == ORIGINS
    assert LONGEST_QUESTION <= LONGEST_READ


@pytest.mark.parametrize("name", ALL)
def test_the_facts_of_an_answer_are_those_of_the_patients_text(name: str) -> None:
    study, findings, explanation = ALL[name]()
    tags = orthanc_tags(structured_report(study, findings, explanation, None, ReportOptions()))
    status = StudyStatus("1.2.3", missing=tuple(map(str, findings.missing)))
    document = told(tags, status, Conversation((asked(),)))
    question = QuestionDocument.model_validate(document).to_question()
    assert reported_facts(question) == facts_of(findings)
    assert question.language == explanation.language
    assert question.slots == tuple(view.slot for view in findings.views)


def near(findings: Findings, value: float, width: float) -> Findings:
    """Put both likelihoods of every breast near a value."""
    breasts = tuple(
        replace(breast, suspicion=each, presence=each)
        for breast in findings.breasts
        if (base := breast.suspicion)
        for each in [
            replace(base, value=value, low=max(0.0, value - width), high=min(1.0, value + width))
        ]
    )
    return replace(findings, breasts=breasts)


@given(st.floats(0.01, 0.99), st.floats(0.001, 0.3))
@settings(max_examples=40, deadline=None)
def test_the_facts_agree_for_any_likelihood_that_is_clear_of_the_threshold(
    value: float, width: float
) -> None:
    study, findings, _ = EXAMPLES["suspicious with patient text"]()
    changed = near(findings, value, width)
    # a bound on the threshold itself: the report's decimals decide
    assume(abs(abs(value - 0.5) - width) > 1e-3)
    tags = orthanc_tags(structured_report(study, changed, EXPLANATION, None, ReportOptions()))
    document = told(tags, StudyStatus("1.2.3"), Conversation((asked(),)))
    question = QuestionDocument.model_validate(document).to_question()
    assert reported_facts(question) == facts_of(changed)


def test_images_and_weights_are_those_of_the_run_that_made_the_report() -> None:
    study: Study
    study, findings, explanation = EXAMPLES["suspicious with patient text"]()
    tags = orthanc_tags(structured_report(study, findings, explanation, None, ReportOptions()))
    image = {"series_instance_uid": "1.1", "sop_instance_uid": "1.1.1"}
    older = {
        "report": {"sop_instance_uid": "1.2.3.9"},
        "algorithm": {"device_uid": "2.25.7"},
        "instances": [image],
        "left_out": [{"sop_instance_uid": "1.9", "reason": "spot-compression", "detail": "CC"}],
    }
    status = StudyStatus("1.2.3", run=2, algorithm={"device_uid": "2.25.8"}, history=(older,))
    document = told(tags, status, Conversation((asked(),)))
    question = QuestionDocument.model_validate(document).to_question()
    assert question.device_uid == "2.25.7"
    assert [one.sop_instance_uid for one in question.instances] == ["1.1.1"]
    assert [one.sop_instance_uid for one in question.left_out] == ["1.9"]


def test_nothing_that_names_the_patient_goes_to_the_worker() -> None:
    study, findings, explanation = EXAMPLES["suspicious with patient text"]()
    report = structured_report(study, findings, explanation, None, ReportOptions())
    document = told(orthanc_tags(report), StudyStatus("1.2.3"), Conversation((asked(),)))
    said = json.dumps(document)
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "AccessionNumber"):
        value = str(report.get(keyword, ""))
        assert not value or value not in said, keyword
