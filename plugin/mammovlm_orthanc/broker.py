# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connections to RabbitMQ: one kind of connection, and how to come back after a loss."""

import random
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pika
from pika.exceptions import AMQPError

from mammovlm_orthanc.setting_values import SettingRefused
from mammovlm_orthanc.settings import Settings
from mammovlm_orthanc.unexpected import LOGGER

FAULTS: tuple[type[Exception], ...] = (AMQPError, OSError)
"""What pika raises when the broker is away, refuses or goes."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 15.0
_PROVEN_AFTER_S = 30.0
"""A connection that stood for so long was a good one; one that ends sooner was but an attempt."""
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


@dataclass(frozen=True)
class Broker:
    """RabbitMQ as the settings describe it.

    Parameters
    ----------
    url
        ``amqp://`` or ``amqps://``.
    password
        For the user of the URL, where that names none.
    ca, certificate, key
        For ``amqps://``: whom to trust (None: whom the system trusts), and who we are.
    makes_queues
        False where the broker's administrator has made them and we only use them.
    """

    url: str
    password: str = field(default="", repr=False)
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    makes_queues: bool = True

    @classmethod
    def from_settings(cls, settings: Settings) -> "Broker":
        """Read the password.

        Raises
        ------
        SettingRefused
            If its file cannot be read.
        """
        file = settings.broker_password_file
        try:
            password = file.read_text(encoding="utf-8").strip() if file else ""
        except (OSError, UnicodeDecodeError) as error:
            raise SettingRefused(
                "MammoVLM.BrokerPasswordFile must be a file that Orthanc's user can read "
                f"({type(error).__name__})."
            ) from None
        return cls(
            url=settings.broker_url,
            password=password,
            ca=settings.broker_ca,
            certificate=settings.broker_certificate,
            key=settings.broker_key,
            makes_queues=settings.declare_queues,
        )

    def parameters(self) -> pika.connection.Parameters:
        """Give what pika needs; over TLS the broker's certificate must bear the URL's host.

        Raises
        ------
        SettingRefused
            If a certificate or key cannot be used.
        """
        parts = urlsplit(self.url)
        user, _, place = parts.netloc.rpartition("@")
        if user and parts.password is None:
            parts = parts._replace(netloc=f"{user}:{quote(self.password, '')}@{place}")
        parameters = connection_parameters(parts.geturl())
        if parts.scheme == "amqps":
            parameters.ssl_options = pika.SSLOptions(self._tls(), parameters.host)
        return parameters

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.certificate:
                context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            raise SettingRefused(
                "MammoVLM.BrokerCa, BrokerCertificate and BrokerKey must be PEM files that "
                f"Orthanc's user can read and that belong together ({type(error).__name__})."
            ) from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def with_jitter(pause_s: float) -> float:
    """Shorten a pause by up to a half, by chance: many who lost a broker must not come at once."""
    return pause_s * random.uniform(0.5, 1.0)


class Link:
    """Whether one side's connection stands, and how long to pause before the next attempt.

    The one owner of coming back to the broker: pika itself tries once. Pauses double from half a
    second to 15 seconds, each shortened by chance. They start anew only after a connection that
    stood for half a minute: a broker that lets us in and refuses every job is not asked in haste.

    Parameters
    ----------
    side
        "publisher" or "consumer", for logs and metrics.
    """

    def __init__(self, side: str) -> None:
        self.side = side
        self.is_up = False
        self._pause_s = 0.0
        self._stands_since = float("inf")
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
        self._stands_since = time.monotonic()
        self._was_told = False

    def down(self, error: Exception, stop: threading.Event) -> None:
        """Note a loss, log it once, and pause: longer each time, up to 15 seconds."""
        if time.monotonic() - self._stands_since >= _PROVEN_AFTER_S:
            self._pause_s = 0.0
        self.is_up, self._stands_since = False, float("inf")
        if not self._was_told:
            # Not the message: pika's may hold the URL.
            LOGGER.error(
                "No connection to the broker (%s): %s. Jobs are kept and sent when it is back",
                self.side,
                type(error).__name__,
            )
            self._was_told = True
        self._pause_s = min(_LONGEST_PAUSE_S, self._pause_s * 2 or _FIRST_PAUSE_S)
        stop.wait(with_jitter(self._pause_s))
