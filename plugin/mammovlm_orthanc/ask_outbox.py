# SPDX-License-Identifier: AGPL-3.0-or-later
"""Questions on their way: out to the workers until the broker has confirmed them, and given up.

After a restart every question that waits is sent once more; a worker answers it once.
"""

import time
from typing import Any

import pika

from mammovlm_orthanc import clock, topology
from mammovlm_orthanc.archive import NotInArchive
from mammovlm_orthanc.ask_messages import GAVE_UP, question_message, read_dead_question
from mammovlm_orthanc.broker import Link
from mammovlm_orthanc.conversation import FAILED, ConversationUnreadable, GivenAnswer
from mammovlm_orthanc.conversation_store import ConversationStore, Waiting
from mammovlm_orthanc.metrics import Counters

SENT_AGAIN_AFTER_S = 3600.0
"""A question that nothing was heard of for so long is sent again."""


class QuestionOutbox:
    """Sends what waits.

    Parameters
    ----------
    store
        The conversations.
    counters
        Counts jobs.
    """

    def __init__(self, store: ConversationStore, counters: Counters) -> None:
        self._store = store
        self._counters = counters
        self._sent: dict[Waiting, float] = {}

    def publish(self, channel: Any, link: Link) -> None:  # noqa: ANN401  pika
        """Publish every question that was not sent yet, or long ago.

        Parameters
        ----------
        channel
            Of pika, with confirmations.
        link
            Logs a broker that does not answer.
        """
        waiting = self._store.waiting()
        self._sent = {one: at for one, at in self._sent.items() if one in waiting}
        for one in waiting:
            if time.monotonic() - self._sent.get(one, float("-inf")) > SENT_AGAIN_AFTER_S:
                self._publish(channel, link, one)

    def _publish(self, channel: Any, link: Link, waiting: Waiting) -> None:  # noqa: ANN401  pika
        found = self._store.question(waiting)
        if found is None:
            return
        question, study_instance_uid = found
        message = question_message(waiting[0], study_instance_uid, question)
        with link.waiting("confirm a question"):
            channel.basic_publish(
                topology.EXCHANGE,
                topology.QUESTION_KEY,
                message.body,
                pika.BasicProperties(
                    content_type="application/json",
                    content_encoding="utf-8",
                    delivery_mode=pika.DeliveryMode.Persistent,
                    correlation_id=message.correlation_id,
                    headers=dict(message.headers),
                ),
                mandatory=True,
            )
        self._counters.add("jobs_published", "question")
        self._sent[waiting] = time.monotonic()

    def give_up(self, body: bytes) -> None:
        """Write on a question that the broker put into the dead letters that nobody answered it.

        Raises
        ------
        MessageMalformed
            If it is no question of ours.
        """
        study_id, number = read_dead_question(body)
        answer = GivenAnswer(number, clock.iso(clock.now()), "", FAILED, GAVE_UP)
        try:
            self._store.answer(study_id, answer)
        except (NotInArchive, ConversationUnreadable):
            self._store.drop((study_id, number))
