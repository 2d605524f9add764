# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether the plugin does its work, for monitoring: alive, ready, well; and the metrics."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from mammovlm_orthanc import clock
from mammovlm_orthanc.background import Background
from mammovlm_orthanc.broker import Link
from mammovlm_orthanc.distributions import Distributions
from mammovlm_orthanc.metrics import Counters, Gauge
from mammovlm_orthanc.queue_watch import QueueWatch
from mammovlm_orthanc.status import FINAL, State
from mammovlm_orthanc.status_store import StatusStore
from mammovlm_orthanc.upkeep import Upkeep
from mammovlm_orthanc.version import VERSION

Links = Sequence[Link]


class Health:
    """Looks at the parts of the plugin.

    Parameters
    ----------
    store, upkeep, links, queues, counters, distributions
        The parts that are looked at.
    threads
        The background threads that should run.
    is_enabled
        False where the site has switched the intake off.
    to_route
        How many results another archive has not got yet.
    postponed
        How many studies could not be taken in yet.

    Attributes
    ----------
    is_enabled
        As above.
    """

    def __init__(
        self,
        store: StatusStore,
        upkeep: Upkeep,
        *,
        threads: Sequence[Background],
        links: Links,
        queues: QueueWatch,
        counters: Counters,
        distributions: Distributions,
        is_enabled: bool,
        to_route: Callable[[], int],
        postponed: Callable[[], int],
    ) -> None:
        self._store = store
        self._upkeep = upkeep
        self._threads = threads
        self._links = links
        self._queues = queues
        self._counters = counters
        self._distributions = distributions
        self.is_enabled = is_enabled
        self._to_route = to_route
        self._postponed = postponed

    @property
    def is_list_complete(self) -> bool:
        """Whether the list of studies has been built since the start."""
        return self._upkeep.is_list_complete

    @property
    def is_alive(self) -> bool:
        """Whether all threads run that should: if not, only a restart of Orthanc helps."""
        return bool(self._threads) and all(thread.is_alive for thread in self._threads)

    @property
    def is_ready(self) -> bool:
        """Whether studies are taken in, unless that is switched off, and answers are complete.

        A broker that is away does not count: studies are taken in, and sent when it is back.
        """
        return self.is_alive and self.is_list_complete

    def report(self) -> dict[str, Any]:
        """Give the health document; ``status`` is ok, degraded or disabled."""
        broker = {link.side: link.is_up for link in self._links}
        is_fine = self.is_alive and all(broker.values())
        return {
            "status": ("ok" if is_fine else "degraded") if self.is_enabled else "disabled",
            "version": VERSION,
            "broker_connected": broker,
            "threads_running": {thread.name: thread.is_alive for thread in self._threads},
            "waiting_to_be_sent": len(self._store.entries([State.READY])),
            "results_to_route": self._to_route(),
            "postponed": self._postponed(),
            "stuck": len(self._upkeep.stuck()),
            "is_list_complete": self.is_list_complete,
        }

    def metrics(self) -> str:
        """Give all metrics in Prometheus' text format."""
        lines = [*self._counters.lines(), *self._distributions.lines()]
        gauges = (*self._study_gauges(), *self._own_gauges(), *self._queues.gauges)
        for gauge in gauges:
            lines += gauge.lines
        return "\n".join(lines) + "\n"

    def _study_gauges(self) -> tuple[Gauge, ...]:
        entries = self._store.entries()
        counted = Counter(entry.state for entry in entries)
        since: dict[str, str] = {}
        for entry in entries:
            if entry.state not in FINAL:
                since[entry.state] = min(since.get(entry.state, "9"), entry.changed_at)
        return (
            Gauge(
                "studies",
                "Studies by state.",
                "state",
                {state: counted[state] for state in State},
            ),
            Gauge(
                "oldest_study_seconds",
                "How long the oldest study has been in a state that should pass; 0: none is.",
                "state",
                {state: _age(since.get(state)) for state in State if state not in FINAL},
            ),
            _one(
                "stuck_studies",
                "Studies running for too long, or queued and in no queue.",
                lambda: len(self._upkeep.stuck()),
            ),
            _one(
                "studies_postponed",
                "Studies that could not be taken in yet and are tried again.",
                self._postponed,
            ),
        )

    def _own_gauges(self) -> tuple[Gauge, ...]:
        return (
            Gauge("info", "Always 1; the version is the label.", "version", {VERSION: 1.0}),
            _one("enabled", "0 where the intake is switched off.", lambda: self.is_enabled),
            _one("alive", "0 when a thread has ended; restart Orthanc.", lambda: self.is_alive),
            _one("results_to_route", "Results that another archive has not got.", self._to_route),
            Gauge(
                "broker_connected",
                "1 while the connection to the broker stands.",
                "side",
                {link.side: float(link.is_up) for link in self._links},
            ),
            _one(
                "studies_list_complete",
                "1 when all studies have been looked at since the start.",
                lambda: self.is_list_complete,
            ),
        )


def _one(name: str, explanation: str, value: Callable[[], float]) -> Gauge:
    return Gauge(name, explanation, "", {"": float(value())})


def _age(since: str | None) -> float:
    return round(max(0.0, clock.now() - clock.from_iso(since)), 1) if since else 0.0
