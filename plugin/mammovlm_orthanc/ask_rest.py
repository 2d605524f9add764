# SPDX-License-Identifier: AGPL-3.0-or-later
"""The routes under ``/mammovlm/`` for questions about a study's result.

| route | what |
|---|---|
| POST studies/{id}/ask | {"question", "asker"}: ask; 202 with the number of the question |
| GET studies/{id}/conversation | every question with its answer, or null while it waits |
| GET studies/{id}/questions/{n} | for a worker: the question and the report's facts |
| POST studies/{id}/questions/{n}/answer | for a worker: the answer, with the job's identifier |

The questions and answers stay in Orthanc; the job that asks a worker holds identifiers only.
"""

import json
import uuid
from http import HTTPStatus

from mammovlm_orthanc import clock, rest_parameters
from mammovlm_orthanc.archive import NotInArchive, OrthancArchive
from mammovlm_orthanc.ask_facts import QuestionFacts
from mammovlm_orthanc.ask_limits import may_ask
from mammovlm_orthanc.conversation import (
    LONGEST_ANSWER,
    LONGEST_ASKER,
    LONGEST_QUESTION,
    ORIGINS,
    Conversation,
    ConversationFull,
    ConversationUnreadable,
    GivenAnswer,
    Question,
)
from mammovlm_orthanc.conversation_store import ConversationStore
from mammovlm_orthanc.requester import basic_user
from mammovlm_orthanc.rest_messages import Answer, Refused, Request, Route, json_answer
from mammovlm_orthanc.result_kinds import STRUCTURED_REPORT, kind_of
from mammovlm_orthanc.status import StudyStatus
from mammovlm_orthanc.status_store import StatusStore
from mammovlm_orthanc.study_names import find_study, status_of, unknown_study

_QUESTION = {"question": LONGEST_QUESTION, "asker": LONGEST_ASKER}
_ANSWER = {
    "job_id": 64,
    "text": LONGEST_ANSWER,
    "origin": 32,
    "check": 300,
    "language": 32,
    "topics": 300,
}


class AskApi:
    """Takes questions and answers.

    Parameters
    ----------
    archive, statuses, conversations
        Where studies are looked up, and what is known and said about them.
    facts
        What a worker needs for an answer.
    """

    def __init__(
        self,
        archive: OrthancArchive,
        statuses: StatusStore,
        conversations: ConversationStore,
        facts: QuestionFacts,
    ) -> None:
        self._archive = archive
        self._statuses = statuses
        self._conversations = conversations
        self._facts = facts

    @property
    def routes(self) -> tuple[Route, ...]:
        """Its routes."""
        question = r"studies/([^/]+)/questions/([1-9][0-9]{0,3})"
        return (
            ("POST", r"studies/([^/]+)/ask", self._post_ask),
            ("GET", r"studies/([^/]+)/conversation", self._get_conversation),
            ("GET", question, self._get_question),
            ("POST", rf"{question}/answer", self._post_answer),
        )

    def _post_ask(self, request: Request, name: str) -> Answer:
        said = rest_parameters.texts(request.body, _QUESTION)
        if not said["question"]:
            raise Refused(HTTPStatus.BAD_REQUEST, "question-empty")
        study_id = find_study(self._archive, name)
        status = self._status(study_id)
        report_uid = _report_uid(status)
        question = Question(
            number=0,
            at=clock.iso(clock.now()),
            asker=(basic_user(request.headers) or said["asker"])[:LONGEST_ASKER],
            run=status.run_of(report_uid),
            report_uid=report_uid,
            question=said["question"],
            job_id=str(uuid.uuid4()),
        )
        try:
            asked = self._conversations.ask(study_id, question, may_ask)
        except NotInArchive as error:
            raise unknown_study() from error
        except ConversationUnreadable as error:
            raise _other_version() from error
        except ConversationFull as error:
            raise Refused(HTTPStatus.CONFLICT, "conversation-full") from error
        return _told(HTTPStatus.ACCEPTED, study_id, status, {"number": asked.number})

    def _get_conversation(self, _request: Request, name: str) -> Answer:
        study_id = find_study(self._archive, name)
        status = self._status(study_id)
        entries = self._conversation(study_id).entries()
        return _told(HTTPStatus.OK, study_id, status, {"entries": entries})

    def _get_question(self, _request: Request, name: str, number: str) -> Answer:
        study_id = find_study(self._archive, name)
        conversation = self._conversation(study_id)
        question = conversation.question(int(number))
        if question is None:
            raise _unknown_question()
        status = self._status(study_id)
        return json_answer(self._facts.document(study_id, status, conversation, question))

    def _post_answer(self, request: Request, name: str, number: str) -> Answer:
        said = rest_parameters.texts(request.body, _ANSWER)
        study_id = find_study(self._archive, name)
        question = self._conversation(study_id).question(int(number))
        if question is None or question.job_id != said["job_id"]:
            raise _unknown_question()
        if said["origin"] not in ORIGINS or not said["text"]:
            allowed = ", ".join(sorted(ORIGINS))
            raise Refused(HTTPStatus.BAD_REQUEST, "no-answer", allowed=allowed)
        answer = GivenAnswer(
            number=question.number,
            at=clock.iso(clock.now()),
            text=said["text"],
            origin=said["origin"],
            check=said["check"],
            language=said["language"],
            topics=tuple(topic for topic in said["topics"].split(",") if topic),
        )
        try:
            self._conversations.answer(study_id, answer)
        except NotInArchive as error:
            raise unknown_study() from error
        return json_answer({"number": question.number})

    def _conversation(self, study_id: str) -> Conversation:
        try:
            return self._conversations.read(study_id)
        except NotInArchive as error:
            raise unknown_study() from error
        except ConversationUnreadable as error:
            raise _other_version() from error

    def _status(self, study_id: str) -> StudyStatus:
        return status_of(self._statuses, study_id)


def _report_uid(status: StudyStatus) -> str:
    report = status.latest_report
    if report is None:
        raise Refused(HTTPStatus.CONFLICT, "no-result", state=status.state)
    if kind_of(report) != STRUCTURED_REPORT:
        raise Refused(HTTPStatus.CONFLICT, "no-structured-report")
    return report["sop_instance_uid"]


def _told(
    status: HTTPStatus, study_id: str, known: StudyStatus, content: dict[str, object]
) -> Answer:
    named = {"orthanc_study_id": study_id, "study_instance_uid": known.study_instance_uid}
    body = json.dumps({**named, **content})
    return Answer(status, body, headers={"Cache-Control": "no-store"})


def _unknown_question() -> Refused:
    return Refused(HTTPStatus.NOT_FOUND, "unknown-question")


def _other_version() -> Refused:
    return Refused(HTTPStatus.CONFLICT, "conversation-of-other-version")
