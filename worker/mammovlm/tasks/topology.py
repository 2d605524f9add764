"""Exchanges and queues, the worker's copy of what ARCHITECTURE.md lays down."""

from kombu import Exchange, Queue

JOBS_AND_EVENTS = Exchange("mammovlm", type="topic", durable=True)
DEAD = Exchange("mammovlm.dead", type="fanout", durable=True)

_QUORUM = {"x-queue-type": "quorum"}
_ANALYSIS = {
    **_QUORUM,
    "x-delivery-limit": 2,
    "x-dead-letter-exchange": DEAD.name,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}

ANALYSIS_QUEUES = (
    Queue("mammovlm.analysis", JOBS_AND_EVENTS, "analysis", queue_arguments=_ANALYSIS),
    Queue(
        "mammovlm.analysis.urgent", JOBS_AND_EVENTS, "analysis.urgent", queue_arguments=_ANALYSIS
    ),
)
QUESTION_QUEUE = Queue("mammovlm.question", JOBS_AND_EVENTS, "question", queue_arguments=_ANALYSIS)
JOB_QUEUES = (*ANALYSIS_QUEUES, QUESTION_QUEUE)
"""What a worker reads."""
EVENTS_QUEUE = Queue("mammovlm.events", JOBS_AND_EVENTS, "events", queue_arguments=_QUORUM)
DEAD_QUEUES = (
    Queue("mammovlm.dead", DEAD, queue_arguments=_QUORUM),
    Queue("mammovlm.dead.notices", DEAD, queue_arguments=_QUORUM),
)

DELIVERY_LIMIT = int(_ANALYSIS["x-delivery-limit"])
"""How often a job comes back; one delivery more in all."""


def undeclared(queue: Queue) -> Queue:
    """Give the same queue, only used and never made: the broker's administrator has made it."""
    return Queue(
        queue.name,
        queue.exchange,
        queue.routing_key,
        queue_arguments=queue.queue_arguments,
        no_declare=True,
    )
