# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exchanges and queues, the plugin's copy of what ARCHITECTURE.md lays down."""

from dataclasses import dataclass, field
from typing import Any

from mammovlm_orthanc.status import Priority

EXCHANGE = "mammovlm"
DEAD_EXCHANGE = "mammovlm.dead"
EVENTS_QUEUE = "mammovlm.events"
DEAD_NOTICES_QUEUE = "mammovlm.dead.notices"
QUESTION_KEY = "question"
ROUTING_KEYS = {Priority.NORMAL: "analysis", Priority.URGENT: "analysis.urgent"}

_QUORUM: dict[str, Any] = {"x-queue-type": "quorum"}
_ANALYSIS: dict[str, Any] = {
    **_QUORUM,
    "x-delivery-limit": 2,
    "x-dead-letter-exchange": DEAD_EXCHANGE,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}


@dataclass(frozen=True)
class QueueDeclaration:
    """A durable queue and its one binding."""

    name: str
    exchange: str
    routing_key: str = ""
    arguments: dict[str, Any] = field(default_factory=lambda: dict(_QUORUM))


EXCHANGES = {EXCHANGE: "topic", DEAD_EXCHANGE: "fanout"}
QUEUES = (
    QueueDeclaration("mammovlm.analysis", EXCHANGE, "analysis", _ANALYSIS),
    QueueDeclaration("mammovlm.analysis.urgent", EXCHANGE, "analysis.urgent", _ANALYSIS),
    QueueDeclaration("mammovlm.question", EXCHANGE, QUESTION_KEY, _ANALYSIS),
    QueueDeclaration(EVENTS_QUEUE, EXCHANGE, "events"),
    QueueDeclaration("mammovlm.dead", DEAD_EXCHANGE),
    QueueDeclaration(DEAD_NOTICES_QUEUE, DEAD_EXCHANGE),
)


def declare(channel: Any, *, makes_queues: bool = True) -> None:  # noqa: ANN401  pika
    """Declare everything; harmless where it is there already with the same properties.

    Parameters
    ----------
    channel
        To the broker.
    makes_queues
        False where the broker's administrator has made everything, and we have no right to.
    """
    if not makes_queues:
        return
    for name, kind in EXCHANGES.items():
        channel.exchange_declare(name, exchange_type=kind, durable=True)
    for queue in QUEUES:
        channel.queue_declare(queue.name, durable=True, arguments=queue.arguments)
        channel.queue_bind(queue.name, queue.exchange, queue.routing_key)
