# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether the plugin does its work, for monitoring: the health document and the metrics."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from mammovlm_orthanc.background import Background
from mammovlm_orthanc.broker import Link
from mammovlm_orthanc.metrics import Counters, Gauge
from mammovlm_orthanc.status import State
from mammovlm_orthanc.status_store import StatusStore
from mammovlm_orthanc.upkeep import Upkeep


class Health:
    """Looks at the parts of the plugin.

    Parameters
    ----------
    store, upkeep, links, counters
        The parts that are looked at.
    threads
        The background threads, filled when they are made.
    is_enabled
        False where the site has switched the intake off.
    """

    def __init__(
        self,
        store: StatusStore,
        upkeep: Upkeep,
        links: Sequence[Link],
        counters: Counters,
        *,
        is_enabled: bool,
    ) -> None:
        self._store = store
        self._upkeep = upkeep
        self._links = links
        self._counters = counters
        self._is_enabled = is_enabled
        self.threads: tuple[Background, ...] = ()

    @property
    def is_list_complete(self) -> bool:
        """Whether the list of studies has been built since the start."""
        return self._upkeep.is_list_complete

    def report(self) -> dict[str, Any]:
        """Give the health document; ``status`` is ok, degraded or disabled."""
        threads = {thread.name: thread.is_alive for thread in self.threads}
        broker = {link.side: link.is_up for link in self._links}
        is_fine = bool(threads) and all(threads.values()) and all(broker.values())
        return {
            "status": ("ok" if is_fine else "degraded") if self._is_enabled else "disabled",
            "broker_connected": broker,
            "threads_running": threads,
            "waiting_to_be_sent": len(self._store.entries([State.READY])),
            "stuck": len(self._upkeep.stuck()),
            "is_list_complete": self.is_list_complete,
        }

    def metrics(self) -> str:
        """Give all metrics in Prometheus' text format."""
        counted = Counter(entry.state for entry in self._store.entries())
        return self._counters.text(
            (
                Gauge(
                    "studies",
                    "Studies by state.",
                    "state",
                    {state: counted[state] for state in State},
                ),
                Gauge(
                    "stuck_studies",
                    "Studies queued or running for too long.",
                    "",
                    {"": len(self._upkeep.stuck())},
                ),
                Gauge(
                    "broker_connected",
                    "1 while the connection to the broker stands.",
                    "side",
                    {link.side: float(link.is_up) for link in self._links},
                ),
                Gauge(
                    "studies_list_complete",
                    "1 when all studies have been looked at since the start.",
                    "",
                    {"": float(self.is_list_complete)},
                ),
            )
        )
