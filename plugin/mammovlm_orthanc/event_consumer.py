# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads what workers and the dead-letter queue tell, and writes it on the studies.

A message is acknowledged after the status is written, so news is never lost; news told twice
changes nothing.
"""

import threading
from collections.abc import Mapping
from typing import Any

import pika

from mammovlm_orthanc import clock, topology, transitions
from mammovlm_orthanc.archive import NotInArchive
from mammovlm_orthanc.ask_messages import is_question
from mammovlm_orthanc.ask_outbox import QuestionOutbox
from mammovlm_orthanc.broker import FAULTS, Broker, Link
from mammovlm_orthanc.messages import Event, MessageMalformed, read_dead_notice, read_event
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.queue_watch import QueueWatch
from mammovlm_orthanc.status import StatusUnreadable, StudyStatus
from mammovlm_orthanc.status_store import StatusStore
from mammovlm_orthanc.unexpected import LOGGER

_LOOK_S = 0.5
_PREFETCH = 20


class EventConsumer:
    """Applies events to statuses.

    Parameters
    ----------
    broker
        RabbitMQ.
    store
        The statuses.
    questions
        Told of questions that nobody answered.
    counters
        Counts events and dropped messages.
    """

    def __init__(
        self, broker: Broker, store: StatusStore, questions: QuestionOutbox, counters: Counters
    ) -> None:
        self._broker = broker
        self._parameters = broker.parameters()
        self._store = store
        self._questions = questions
        self._counters = counters
        self.link = Link("consumer")
        self.queues = QueueWatch()

    def run(self, stop: threading.Event) -> None:
        """Read events until told to stop; connect again after every loss."""
        while not stop.is_set():
            try:
                with pika.BlockingConnection(self._parameters) as connection:
                    self._consume_over(connection, stop)
            except FAULTS as error:
                self.queues.forget()
                self.link.down(error, stop)

    def _consume_over(self, connection: Any, stop: threading.Event) -> None:  # noqa: ANN401  pika
        channel = connection.channel()
        with self.link.waiting("declare the queues"):
            topology.declare(channel, makes_queues=self._broker.makes_queues)
        channel.basic_qos(prefetch_count=_PREFETCH)
        for queue, on_message in (
            (topology.EVENTS_QUEUE, self._on_event),
            (topology.DEAD_NOTICES_QUEUE, self._on_dead_notice),
        ):
            with self.link.waiting(f"read {queue}"):
                channel.basic_consume(queue, on_message)
        self.link.up()
        while not stop.is_set():
            connection.process_data_events(_LOOK_S)
            self.queues.look(channel)

    def _on_event(
        self,
        channel: Any,  # noqa: ANN401  pika
        method: Any,  # noqa: ANN401
        _properties: Any,  # noqa: ANN401
        body: bytes,
    ) -> None:
        try:
            self.apply(read_event(body))
        except MessageMalformed as error:
            self._drop("malformed event", error)
        channel.basic_ack(method.delivery_tag)

    def _on_dead_notice(
        self,
        channel: Any,  # noqa: ANN401  pika
        method: Any,  # noqa: ANN401
        properties: Any,  # noqa: ANN401
        body: bytes,
    ) -> None:
        try:
            self._apply_dead(body, properties.headers or {})
        except MessageMalformed as error:
            self._drop("malformed dead letter", error)
        channel.basic_ack(method.delivery_tag)

    def _apply_dead(self, body: bytes, headers: Mapping[str, Any]) -> None:
        if is_question(headers):
            self._questions.give_up(body)
        else:
            self.apply(read_dead_notice(body, headers, clock.iso(clock.now())))

    def apply(self, event: Event) -> None:
        """Write one piece of news on its study; one about an unknown study is dropped."""
        self._counters.add("events", event.state)

        def told(before: StudyStatus | None) -> StudyStatus | None:
            return before and transitions.after_event(before, event)

        try:
            if self._store.update(event.orthanc_study_id, told) is None:
                self._counters.add("messages_dropped", "study without status")
        except NotInArchive:
            self._store.forget(event.orthanc_study_id)
            self._counters.add("messages_dropped", "unknown study")
            LOGGER.warning("An event is about a study that is not here: %s", event.orthanc_study_id)
        except StatusUnreadable:
            self._counters.add("messages_dropped", "status unreadable")

    def _drop(self, kind: str, error: MessageMalformed) -> None:
        # Our own wording (messages.MessageMalformed), which never repeats the content.
        LOGGER.error("A message was dropped: %s (%s)", kind, error)
        self._counters.add("messages_dropped", kind)
