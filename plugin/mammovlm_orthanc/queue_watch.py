# SPDX-License-Identifier: AGPL-3.0-or-later
"""How full the queues are and how many read them, asked of the broker now and then."""

import time
from typing import Any

from mammovlm_orthanc import topology
from mammovlm_orthanc.metrics import Gauge

_LOOK_EVERY_S = 5.0
_JOBS_AND_EVENTS = ("mammovlm.analysis", "mammovlm.analysis.urgent", topology.EVENTS_QUEUE)


class QueueWatch:
    """The last known depth and readers of each queue; nothing while the broker is away."""

    def __init__(self) -> None:
        self._messages: dict[str, float] = {}
        self._readers: dict[str, float] = {}
        self._looked_at = 0.0

    def look(self, channel: Any) -> None:  # noqa: ANN401  pika has no types
        """Ask again if the last answer is a few seconds old; the queues must be declared."""
        if time.monotonic() - self._looked_at < _LOOK_EVERY_S:
            return
        for queue in topology.QUEUES:
            told = channel.queue_declare(queue.name, passive=True).method
            self._messages[queue.name] = float(told.message_count)
            self._readers[queue.name] = float(told.consumer_count)
        self._looked_at = time.monotonic()

    def forget(self) -> None:
        """Know nothing: the connection is lost."""
        self._messages, self._readers, self._looked_at = {}, {}, 0.0

    @property
    def most_jobs(self) -> int | None:
        """How many jobs the broker may hold of which nothing was told yet; None: not known.

        Those that wait, and one for each event that waits to be read here.
        """
        try:
            return int(sum(self._messages[name] for name in _JOBS_AND_EVENTS))
        except KeyError:
            return None

    @property
    def age_s(self) -> float:
        """How long ago the broker was asked."""
        return time.monotonic() - self._looked_at

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """What is known."""
        return (
            Gauge(
                "queue_messages",
                "Messages that wait in a queue (those being worked on are not counted).",
                "queue",
                dict(self._messages),
            ),
            Gauge(
                "queue_consumers",
                "Who reads a queue; workers read mammovlm.analysis.",
                "queue",
                dict(self._readers),
            ),
        )
