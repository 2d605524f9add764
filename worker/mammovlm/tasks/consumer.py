"""Celery's consumer without its part for tasks with a date, of which this system has none."""

from celery.worker.consumer import Consumer
from celery.worker.consumer.delayed_delivery import DelayedDelivery


class JobConsumer(Consumer):  # type: ignore[misc]  # Celery has no types
    """Reads jobs, and makes nothing on the broker beyond the topology of ARCHITECTURE.md.

    On quorum queues Celery's own consumer makes 28 queues and exchanges more, for which a worker
    needs rights that it should not have.
    """

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]  # Celery has no types
        """The consumer's parts."""

        default_steps = tuple(
            step
            for step in Consumer.Blueprint.default_steps
            if not step.endswith(f":{DelayedDelivery.__name__}")
        )
