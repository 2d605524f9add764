# SPDX-License-Identifier: AGPL-3.0-or-later
"""The outbox: studies in state ready are published until the broker has confirmed them.

The decision stands on the study before anything is sent, so whatever fails here (broker away,
Orthanc killed between confirmation and writing it down), the job is sent again: the same job, which
a worker may see twice.
"""

import threading
from typing import Any

import pika

from mammovlm_orthanc import clock, topology, transitions
from mammovlm_orthanc.archive import NotInArchive
from mammovlm_orthanc.ask_outbox import QuestionOutbox
from mammovlm_orthanc.broker import FAULTS, Broker, Link
from mammovlm_orthanc.messages import job_message
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.status import State, StatusUnreadable, StudyStatus
from mammovlm_orthanc.status_store import StatusStore

_LOOK_S = 1.0


class Publisher:
    """Empties the outbox.

    Parameters
    ----------
    broker
        RabbitMQ.
    store
        The statuses; those in state ready are the outbox.
    questions
        Those that wait are sent as well.
    counters
        Counts jobs and failures.
    """

    def __init__(
        self, broker: Broker, store: StatusStore, questions: QuestionOutbox, counters: Counters
    ) -> None:
        self._broker = broker
        self._parameters = broker.parameters()
        self._store = store
        self._questions = questions
        self._counters = counters
        self.link = Link("publisher")

    def run(self, stop: threading.Event) -> None:
        """Publish until told to stop; connect again after every loss."""
        while not stop.is_set():
            try:
                with pika.BlockingConnection(self._parameters) as connection:
                    self._publish_over(connection, stop)
            except FAULTS as error:
                self._counters.add("publish_failures")
                self.link.down(error, stop)

    def _publish_over(self, connection: Any, stop: threading.Event) -> None:  # noqa: ANN401  pika
        channel = connection.channel()
        with self.link.waiting("declare the queues"):
            topology.declare(channel, makes_queues=self._broker.makes_queues)
        channel.confirm_delivery()
        self.link.up()
        while not stop.is_set():
            self._store.outbox_filled.clear()
            for entry in reversed(self._store.entries([State.READY])):
                if stop.is_set():
                    return
                self._publish(channel, entry.orthanc_study_id)
            self._questions.publish(channel, self.link)
            connection.process_data_events(0)  # heartbeats
            self._store.outbox_filled.wait(_LOOK_S)

    def _publish(self, channel: Any, study_id: str) -> None:  # noqa: ANN401  pika
        try:
            status = self._store.read(study_id)
        except (NotInArchive, StatusUnreadable):
            self._store.forget(study_id)
            return
        if status is None or status.state is not State.READY:
            self._store.note(study_id)
            return
        with self.link.waiting("confirm a job"):
            _send(channel, study_id, status)
        self._counters.add("jobs_published", status.priority)
        self._mark_queued(study_id, status)

    def _mark_queued(self, study_id: str, sent: StudyStatus) -> None:
        at = clock.iso(clock.now())

        def mark(before: StudyStatus | None) -> StudyStatus | None:
            if before is None or before.priority is not sent.priority:
                return before  # called urgent while it was being sent: it goes out once more
            return transitions.queued(before, sent.job_id, at)

        try:
            self._store.update(study_id, mark)
        except NotInArchive:
            self._store.forget(study_id)


def _send(channel: Any, study_id: str, status: StudyStatus) -> None:  # noqa: ANN401  pika
    message = job_message(study_id, status)
    channel.basic_publish(
        topology.EXCHANGE,
        topology.ROUTING_KEYS[status.priority],
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
