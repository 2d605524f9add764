# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many questions may be asked: a worker's time is for studies first."""

from http import HTTPStatus

from mammovlm_orthanc import clock
from mammovlm_orthanc.conversation import Conversation
from mammovlm_orthanc.rest_messages import Refused

MOST_OPEN_OF_A_STUDY, MOST_OPEN, MOST_A_MINUTE = 3, 50, 10


def may_ask(conversation: Conversation, waiting: int) -> None:
    """Refuse a question where too many wait or came just now.

    Parameters
    ----------
    conversation
        That of the study so far.
    waiting
        Questions about all studies that wait for an answer.

    Raises
    ------
    Refused
        With 503: Orthanc 1.10 knows no 429 and drops the connection.
    """
    if len(conversation.open) >= MOST_OPEN_OF_A_STUDY:
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "study-waits", most=MOST_OPEN_OF_A_STUDY)
    since = clock.iso(clock.now() - 60)
    if sum(question.at > since for question in conversation.questions) >= MOST_A_MINUTE:
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "too-fast", most=MOST_A_MINUTE)
    if waiting >= MOST_OPEN:
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "all-wait", most=MOST_OPEN)
