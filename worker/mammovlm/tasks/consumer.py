"""Celery's consumer as this system needs it: fewer queues, and pauses of our own."""

import logging

from celery.worker.consumer import Consumer
from celery.worker.consumer.delayed_delivery import DelayedDelivery
from celery.worker.state import maybe_shutdown
from kombu import Connection

from mammovlm.tasks.broker import pauses

_log = logging.getLogger(__name__)
_LONGEST_PAUSE_S = 20.0


class JobConsumer(Consumer):  # type: ignore[misc]  # Celery has no types
    """Reads jobs, and makes nothing on the broker beyond the topology of ARCHITECTURE.md.

    On quorum queues Celery's own consumer makes 28 queues and exchanges more, for which a worker
    needs rights that it should not have. And Celery gives up after a hundred attempts to connect,
    with the same pauses in every worker; this one comes back however long the broker was away.
    """

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]  # Celery has no types
        """The consumer's parts."""

        default_steps = tuple(
            step
            for step in Consumer.Blueprint.default_steps
            if not step.endswith(f":{DelayedDelivery.__name__}")
        )

    def ensure_connected(self, conn: Connection) -> Connection:
        """Connect, again and again with growing pauses, until the broker answers."""

        def told(error: Exception, pause_s: float) -> None:
            # Not the message: it may hold the address with the password.
            _log.error(
                "no connection to the broker (%s); trying again in %.1f s",
                type(error).__name__,
                pause_s,
            )

        connected = conn.ensure_connection(
            told, callback=maybe_shutdown, **pauses(_LONGEST_PAUSE_S)
        )
        self.first_connection_attempt = False
        self.broker_connection_retry_attempt = 0
        return connected
