# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connections to RabbitMQ: one kind of connection, and how to come back after a loss."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, unquote, urlsplit

import pika
from pika.exceptions import AMQPError

from mammovlm_orthanc.unexpected import LOGGER

FAULTS: tuple[type[Exception], ...] = (AMQPError, OSError)
"""What pika raises when the broker is away, refuses or goes."""

_LONGEST_PAUSE_S = 15.0
_PATIENCE_S = 30.0


def connection_parameters(url: str) -> pika.connection.Parameters:
    """Read an AMQP URL as Celery does: ``//`` at its end is the virtual host ``/``."""
    parts = urlsplit(url)
    virtual_host = unquote(parts.path[1:]) or "/"
    parameters = pika.URLParameters(parts._replace(path="/" + quote(virtual_host, "")).geturl())
    parameters.heartbeat = 30
    parameters.blocked_connection_timeout = 10
    parameters.socket_timeout = 3
    parameters.stack_timeout = 5
    parameters.connection_attempts = 1
    return parameters


class Link:
    """Whether one side's connection stands, and how long to pause before the next attempt.

    Parameters
    ----------
    side
        "publisher" or "consumer", for logs and metrics.
    """

    def __init__(self, side: str) -> None:
        self.side = side
        self.is_up = False
        self._pause_s = 0.0
        self._was_told = False

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Log an error if the broker leaves a request unanswered for half a minute.

        The wait itself goes on: the broker may be busy. It ends when the broker answers, or when
        the connection ends. A broker that was killed while it created a queue never answers
        (RabbitMQ 3.10), until that queue is deleted.
        """
        timer = threading.Timer(
            _PATIENCE_S,
            LOGGER.error,
            ("The broker has not answered for %g s (%s: %s)", _PATIENCE_S, self.side, what),
        )
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def up(self) -> None:
        """Note that the connection stands."""
        LOGGER.warning("Connected to the broker (%s)", self.side)
        self.is_up = True
        self._pause_s = 0.0
        self._was_told = False

    def down(self, error: Exception, stop: threading.Event) -> None:
        """Note a loss, log it once, and pause: longer each time, up to 15 seconds."""
        self.is_up = False
        if not self._was_told:
            # Not the message: pika's may hold the URL.
            LOGGER.error(
                "No connection to the broker (%s): %s. Jobs are kept and sent when it is back",
                self.side,
                type(error).__name__,
            )
            self._was_told = True
        self._pause_s = min(_LONGEST_PAUSE_S, self._pause_s * 2 or 0.5)
        stop.wait(self._pause_s)
