"""RabbitMQ as a local process that only this machine can reach.

Debian's script in ``/usr/sbin`` insists on root or the user rabbitmq; the one it wraps runs as
anyone. Erlang's port mapper would be started by the broker and stay behind when it ends, so it
is a program of the stack in its own right, on its own port.
"""

import pika
from pika.exceptions import AMQPError

from mammovlm.stack.program import Port, Program
from mammovlm.stack.readiness import port_answers
from mammovlm.stack.settings import StackSettings

_SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"


def port_mapper(settings: StackSettings) -> Program:
    """Erlang's port mapper, which the broker registers with."""
    return Program(
        name="epmd",
        command=("epmd", "-address", "127.0.0.1", "-port", str(settings.epmd_port)),
        package="erlang-base",
        environment={},
        is_ready=lambda: port_answers(settings.epmd_port),
        address=f"127.0.0.1:{settings.epmd_port}",
        ports=(Port(settings.epmd_port, "MAMMOVLM_EPMD_PORT"),),
        stop_wait_s=5,
    )


def broker(settings: StackSettings) -> Program:
    """RabbitMQ with its data, cookie and log in the stack's folder."""
    folder = settings.var / "rabbitmq"
    configuration = folder / "rabbitmq.conf"
    return Program(
        name="rabbitmq",
        command=(_SERVER,),
        package="rabbitmq-server",
        environment=_environment(settings),
        is_ready=lambda: _takes_connections(settings.broker_url),
        address=f"amqp://127.0.0.1:{settings.amqp_port}",
        ports=(
            Port(settings.amqp_port, "MAMMOVLM_AMQP_PORT"),
            Port(settings.dist_port, "MAMMOVLM_DIST_PORT"),
        ),
        files={
            configuration: (
                f"listeners.tcp.loopback = 127.0.0.1:{settings.amqp_port}\n"
                "log.console = true\nlog.console.level = warning\n"
                "log.console.use_colors = off\nlog.file = false\n"
            ),
            folder / "enabled_plugins": "[].\n",
        },
        stop_wait_s=30,
    )


def _environment(settings: StackSettings) -> dict[str, str]:
    folder = settings.var / "rabbitmq"
    return {
        "HOME": str(folder),  # the Erlang cookie is kept here, not in the user's home
        "RABBITMQ_NODENAME": "mammovlm@localhost",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "rabbitmq.pid"),
        "RABBITMQ_DIST_PORT": str(settings.dist_port),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(settings.epmd_port),
        "ERL_CRASH_DUMP": str(folder / "erl_crash.dump"),
    }


def _takes_connections(url: str) -> bool:
    try:
        pika.BlockingConnection(_parameters(url)).close()
    except (AMQPError, OSError):
        return False
    return True


def consumers(url: str, queue: str) -> int:
    """Count who reads a queue; 0 also while broker or queue are missing."""
    try:
        connection = pika.BlockingConnection(_parameters(url))
    except (AMQPError, OSError):
        return 0
    try:
        return int(connection.channel().queue_declare(queue, passive=True).method.consumer_count)
    except (AMQPError, OSError):
        return 0
    finally:
        if connection.is_open:
            connection.close()


def _parameters(url: str) -> pika.URLParameters:
    # Celery writes the virtual host "/" as it is, pika wants it quoted.
    parameters = pika.URLParameters(f"{url[:-1]}%2F" if url.endswith("//") else url)
    parameters.connection_attempts = 1
    parameters.socket_timeout = parameters.stack_timeout = parameters.blocked_connection_timeout = 5
    return parameters
