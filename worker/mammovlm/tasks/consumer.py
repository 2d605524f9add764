"""Celery's consumer as this system needs it: fewer queues, and pauses of our own."""

import logging
from collections.abc import Callable
from typing import Any

from celery.worker.consumer import Consumer
from celery.worker.consumer.delayed_delivery import DelayedDelivery
from celery.worker.state import maybe_shutdown
from kombu import Connection, Message

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

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Message], None]:  # noqa: ANN401  Celery's
        """Refuse what is no job before Celery sees it: some of that would end the worker."""
        receive = super().create_task_handler(*args, **kwargs)

        def receive_jobs_only(message: Message) -> None:
            if is_job(message):
                receive(message)
            else:
                _log.error("refused a message that is no job")
                message.reject_log_error(_log, self.connection_errors)

        return receive_jobs_only

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


def is_job(message: Message) -> bool:
    """Say whether a message has the form of Celery's protocol 2, which a worker relies on.

    Whatever else it holds is refused later, by name.
    """
    try:
        arguments, options, embedded = message.decode()
    except Exception:  # noqa: BLE001  whatever is wrong with the bytes, it is no job
        return False
    headers = message.headers if isinstance(message.headers, dict) else {}
    return (
        isinstance(arguments, list)
        and isinstance(options, dict)
        and isinstance(embedded, dict | None)
        and all(isinstance(headers.get(name), str) for name in ("task", "id"))
    )
