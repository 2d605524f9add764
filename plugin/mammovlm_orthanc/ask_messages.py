# SPDX-License-Identifier: AGPL-3.0-or-later
"""Questions on the queue: the job that asks a worker, and a job that the broker gave up.

As with analyses, nothing but identifiers is in them: the words stay in Orthanc.
"""

from collections.abc import Mapping
from typing import Any

from mammovlm_orthanc.conversation import MOST_QUESTIONS, Question
from mammovlm_orthanc.conversation_store import Waiting
from mammovlm_orthanc.languages import ENGLISH
from mammovlm_orthanc.messages import (
    JobMessage,
    MessageMalformed,
    celery_message,
    json_content,
    orthanc_id,
)

TASK = "mammovlm.answer_question"
GAVE_UP = ENGLISH("questions.gave-up")


def question_message(study_id: str, study_instance_uid: str, question: Question) -> JobMessage:
    """Write the job for a question; the same question gives the same job."""
    job = {
        "version": 1,
        "job_id": question.job_id,
        "orthanc_study_id": study_id,
        "study_instance_uid": study_instance_uid,
        "question": question.number,
    }
    return celery_message(TASK, question.job_id, job)


def is_question(headers: Mapping[str, Any]) -> bool:
    """Say whether a message is a question, not an analysis."""
    return headers.get("task") == TASK


def read_dead_question(body: bytes) -> Waiting:
    """Read which question the broker has given up.

    Raises
    ------
    MessageMalformed
        If it is no question of ours.
    """
    content = json_content(body)
    try:
        job = content[0][0]
        study_id, number = job["orthanc_study_id"], job["question"]
    except (TypeError, KeyError, IndexError) as error:
        raise MessageMalformed("dead letter: no question") from error
    if not isinstance(number, int) or not 1 <= number <= MOST_QUESTIONS:
        raise MessageMalformed("dead letter: no number of a question")
    return orthanc_id(study_id), number
