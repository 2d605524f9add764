# SPDX-License-Identifier: AGPL-3.0-or-later
"""Counters and the Prometheus text format (version 0.0.4). No labels but codes: no identifiers."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

COUNTERS = {
    "images": "Mammography images seen, by what they were to the intake.",
    "decisions": "Decisions on studies, by verdict.",
    "jobs_published": "Jobs that the broker confirmed, by priority.",
    "jobs_sent_again": "Jobs put back into the outbox because nothing was heard of them.",
    "publish_failures": "Attempts to reach the broker or to publish that failed.",
    "events": "Events received, by state.",
    "messages_dropped": "Messages that were malformed or about unknown studies, by kind.",
    "errors": "Unexpected errors, by thread.",
}


@dataclass(frozen=True)
class Gauge:
    """A value that goes up and down, one sample per label value ("" for none)."""

    name: str
    help: str
    label: str
    samples: Mapping[str, float]


class Counters:
    """Counts since start, by name and label."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, name: str, label: str = "") -> None:
        """Count one more; the name is one of `COUNTERS`."""
        if name not in COUNTERS:
            raise KeyError(name)
        with self._lock:
            self._counts[name, label] += 1

    def value(self, name: str, label: str = "") -> int:
        """Give a count."""
        with self._lock:
            return self._counts[name, label]

    def text(self, gauges: Iterable[Gauge]) -> str:
        """Write everything in Prometheus' text format."""
        with self._lock:
            counts = dict(self._counts)
        lines: list[str] = []
        for name, explanation in COUNTERS.items():
            found = {label: n for (key, label), n in sorted(counts.items()) if key == name}
            samples: Mapping[str, float] = found or {"": 0}
            lines += _family(f"{name}_total", "counter", Gauge(name, explanation, "kind", samples))
        for gauge in gauges:
            lines += _family(gauge.name, "gauge", gauge)
        return "\n".join(lines) + "\n"


def _family(name: str, kind: str, gauge: Gauge) -> list[str]:
    full = f"mammovlm_{name}"
    lines = [f"# HELP {full} {gauge.help}", f"# TYPE {full} {kind}"]
    for value, sample in gauge.samples.items():
        label = f'{{{gauge.label}="{value}"}}' if value else ""
        lines.append(f"{full}{label} {sample:g}")
    return lines
