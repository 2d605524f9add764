"""RabbitMQ: the login of the worker, and the queues of ARCHITECTURE.md."""

import ssl
from collections.abc import Iterator
from urllib.parse import quote, unquote, urlsplit

import pika
from pika.exceptions import (
    AMQPError,
    ChannelClosedByBroker,
    ConnectionClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

from mammovlm.cli.checkup.finding import Finding, fine, look, mend
from mammovlm.settings import Settings

QUEUES = (
    "mammovlm.analysis",
    "mammovlm.analysis.urgent",
    "mammovlm.events",
    "mammovlm.dead",
    "mammovlm.dead.notices",
    "mammovlm.question",
)
_READ_BY_WORKERS, _READ_BY_PLUGIN, _DEAD = QUEUES[0], QUEUES[2], QUEUES[3]
_WAIT_S = 10.0


def broker(settings: Settings) -> Iterator[Finding]:
    """Log in as the worker does, and look at each queue."""
    place = _place(settings)
    try:
        connection = pika.BlockingConnection(_parameters(settings))
    except (ProbableAuthenticationError, ProbableAccessDeniedError) as error:
        yield _not_let_in(place, error)
        return
    except ssl.SSLError as error:
        yield mend("broker", f"{place}: TLS failed ({error.reason})", _TLS_HELP)
        return
    except (AMQPError, OSError) as error:
        yield mend("broker", f"{place} does not answer ({type(error).__name__})", _AWAY_HELP)
        return
    yield fine("broker", f"{place} lets the worker in")
    with connection:
        yield from _queues(connection)


_TLS_HELP = "Compare MAMMOVLM_BROKER_CA_BUNDLE with the authority of the broker's certificate."
_AWAY_HELP = "Start RabbitMQ (`make up`), or correct MAMMOVLM_BROKER_URL."


def _not_let_in(place: str, error: AMQPError) -> Finding:
    if isinstance(error, ProbableAuthenticationError):
        do = "Correct user and password (MAMMOVLM_BROKER_URL, MAMMOVLM_BROKER_PASSWORD)."
        return mend("broker", f"{place} refuses the user or the password", do)
    do = "Correct the virtual host of MAMMOVLM_BROKER_URL, or give the user rights on it."
    return mend("broker", f"{place} refuses the virtual host", do)


def _queues(connection: pika.BlockingConnection) -> Iterator[Finding]:
    for name in QUEUES:
        channel = connection.channel()
        try:
            told = channel.queue_declare(name, passive=True).method
        except ChannelClosedByBroker:
            do = "Start the plugin or a worker once: they make the queues."
            yield mend("queues", f"{name} is missing", do)
            continue
        except ConnectionClosedByBroker:
            yield mend("queues", f"the broker hung up at {name}", "Look at RabbitMQ's log.")
            return
        yield _queue(name, told.message_count, told.consumer_count)
        channel.close()


def _queue(name: str, messages: int, readers: int) -> Finding:
    seen = f"{name}: {messages} waiting, {readers} reading"
    if name == _READ_BY_WORKERS and not readers:
        return mend("queues", seen, "No worker reads the queue: start one, see its log.")
    if name == _READ_BY_PLUGIN and not readers:
        return mend("queues", seen, "The plugin does not read: see Orthanc's log.")
    if name == _DEAD and messages:
        return look("queues", seen, "Jobs that were given up: see docs/operations.md.")
    return fine("queues", seen)


def _place(settings: Settings) -> str:
    """Name the broker without user and password."""
    parts = urlsplit(settings.broker_url.get_secret_value())
    return f"{parts.scheme}://{parts.hostname}:{parts.port or ''}".rstrip(":")


def _parameters(settings: Settings) -> pika.connection.Parameters:
    parts = urlsplit(settings.broker_url.get_secret_value())
    user, _, place = parts.netloc.rpartition("@")
    if user and parts.password is None:  # pika's URLs name both, or none
        password = quote(settings.broker_password.get_secret_value(), "")
        parts = parts._replace(netloc=f"{user}:{password}@{place}")
    virtual_host = unquote(parts.path[1:]) or "/"
    url = parts._replace(path="/" + quote(virtual_host, "")).geturl()
    parameters = pika.URLParameters(url)
    if parts.scheme == "amqps":
        parameters.ssl_options = pika.SSLOptions(_tls(settings), parts.hostname)
    parameters.connection_attempts = 1
    parameters.socket_timeout = parameters.stack_timeout = _WAIT_S
    parameters.blocked_connection_timeout = _WAIT_S
    return parameters


def _tls(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.broker_ca_bundle)
    if settings.broker_certificate:
        context.load_cert_chain(settings.broker_certificate, settings.broker_key)
    return context
