"""Messages that no program of ours would write, put on the real queues among the good ones."""

import random

import pika

from fuzz.documents import EVENT, JOB_DOCUMENT
from fuzz.json_mutations import mutated, mutated_bytes
from local_servers import RabbitMQ

_HEADERS = {
    "lang": "py",
    "task": "mammovlm.analyze_study",
    "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "root_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "argsrepr": "(...)",
    "kwargsrepr": "{}",
    "origin": "nobody",
    "retries": 0,
}
_EMBEDDED = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


def publish_odd_jobs(broker: RabbitMQ, count: int, seed: int) -> None:
    """Put damaged jobs on the worker's queue: in body, in headers, or in both."""
    chance = random.Random(seed)
    with broker.connect() as connection:
        channel = connection.channel()
        for place in range(count):
            body = mutated_bytes([[JOB_DOCUMENT], {}, _EMBEDDED], seed + place)
            headers = dict(_HEADERS)
            if chance.random() < 0.4:
                headers.pop(chance.choice(list(headers)))
            if chance.random() < 0.2:
                headers["task"] = chance.choice(("mammovlm.nothing", "", "celery.chord"))
            kind = chance.choice(("application/json", "application/json", "text/plain", ""))
            channel.basic_publish(
                "mammovlm",
                "analysis",
                body,
                pika.BasicProperties(
                    content_type=kind,
                    content_encoding="utf-8",
                    correlation_id=_HEADERS["id"],
                    headers=headers,
                    delivery_mode=2,
                ),
            )


def publish_odd_events(broker: RabbitMQ, count: int, seed: int) -> None:
    """Put damaged events and dead letters on the plugin's queues."""
    with broker.connect() as connection:
        channel = connection.channel()
        for place in range(count):
            is_event = place % 3 > 0
            document = EVENT if is_event else [[JOB_DOCUMENT], {}, _EMBEDDED]
            headers = mutated({"x-death": [{"reason": "rejected", "count": 1}]}, seed + place)
            channel.basic_publish(
                "mammovlm" if is_event else "mammovlm.dead",
                "events" if is_event else "",
                mutated_bytes(document, seed + place),
                pika.BasicProperties(headers=_encodable(headers)),
            )


def _encodable(headers: object) -> dict[str, object] | None:
    """Keep what AMQP can carry as a header."""
    if not isinstance(headers, dict):
        return None
    return {
        name: value
        for name, value in headers.items()
        if isinstance(value, str | bool) and str(value).isascii() and 0 < len(name) < 200
    }
