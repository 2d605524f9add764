"""The task for questions: fetch the question from the plugin, answer it, give the answer back."""

import logging
from typing import Any, Literal, NoReturn

from celery import Task
from celery.exceptions import Reject, SoftTimeLimitExceeded
from pydantic import ValidationError

from mammovlm.archive.questions import QuestionGone
from mammovlm.errors import ArchiveUnavailable, ModelUnavailable, name_and_place
from mammovlm.question import QuestionReference
from mammovlm.tasks.application import app
from mammovlm.tasks.messages import Message, Number, Token, Uid
from mammovlm.tasks.topology import DELIVERY_LIMIT
from mammovlm.tasks.worker_process import loaded_worker

_log = logging.getLogger(__name__)


class QuestionMessage(Message):
    """The job that asks for an answer, as in ARCHITECTURE.md, version 1."""

    version: Literal[1]
    job_id: Token
    orthanc_study_id: Token
    study_instance_uid: Uid
    question: Number

    def to_reference(self) -> QuestionReference:
        """Give the worker's own type."""
        return QuestionReference(self.orthanc_study_id, self.question, self.job_id)


@app.task(name="mammovlm.answer_question", bind=True)
def answer_question(self: Task, document: dict[str, Any]) -> None:
    """Answer the question of one job message.

    The plugin keeps the first answer, so a question that is delivered twice gets one. A plugin, an
    archive or a model process that does not answer gives the job back to the queue, as with an
    analysis; every other fault goes to the dead letters, and the plugin tells the asker.
    """
    try:
        message = QuestionMessage.model_validate(document)
    except ValidationError as error:
        _log.error("refused a malformed question: %s", error.errors(include_input=False))
        raise Reject("malformed question", requeue=False) from None
    try:
        _answer(message.to_reference())
    except (ArchiveUnavailable, ModelUnavailable):
        deliveries_before = int((self.request.headers or {}).get("x-delivery-count", 0))
        raise Reject("unavailable", requeue=deliveries_before < DELIVERY_LIMIT) from None
    except QuestionGone as gone:
        _give_up(message, str(gone))
    except SoftTimeLimitExceeded:
        _give_up(message, "time limit")
    except Exception as error:  # noqa: BLE001  the last fence: a question must end
        _give_up(message, f"unexpected {name_and_place(error)}")


def _answer(reference: QuestionReference) -> None:
    worker = loaded_worker()
    asked = worker.questions.fetch(reference)
    if not asked.is_answered:
        worker.questions.answer(reference, worker.answering.answer(asked))


def _give_up(message: QuestionMessage, why: str) -> NoReturn:
    _log.error("question job %s: %s", message.job_id, why)
    raise Reject(why, requeue=False)
