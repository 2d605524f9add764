# SPDX-License-Identifier: AGPL-3.0-or-later
"""Counters and gauges in Prometheus' text format (version 0.0.4). No labels that name a study."""

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
    "runs": "Runs that ended, by state.",
    "rejections": "Studies that could not be analysed, by reason.",
    "failures": "Analyses that failed, by reason.",
    "errors": "Unexpected errors, by thread.",
    "audit_records": "Requests recorded in the audit trail, by what was asked.",
    "audit_records_lost": "Audit records that a file or syslog server did not take.",
}
PREFIX = "mammovlm_"

Labels = tuple[tuple[str, str], ...]
"""Name and value of each label of a sample."""


@dataclass(frozen=True)
class Gauge:
    """A value that goes up and down, one sample per label value ("" for none)."""

    name: str
    help: str
    label: str
    samples: Mapping[str, float]

    @property
    def lines(self) -> list[str]:
        """The family in text."""
        samples: dict[Labels, float] = {
            ((self.label, value),) if value else (): sample
            for value, sample in self.samples.items()
        }
        return family(self.name, "gauge", self.help, samples)


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

    def lines(self) -> list[str]:
        """Write all of them in Prometheus' text format."""
        with self._lock:
            counts = dict(self._counts)
        lines: list[str] = []
        for name, explanation in COUNTERS.items():
            found = {label: n for (key, label), n in sorted(counts.items()) if key == name}
            samples: dict[Labels, float] = {
                (("kind", label),) if label else (): float(n) for label, n in found.items()
            } or {(): 0.0}
            lines += family(f"{name}_total", "counter", explanation, samples)
        return lines


def family(name: str, kind: str, explanation: str, samples: Mapping[Labels, float]) -> list[str]:
    """Write one family: its two comments, then a line for each sample."""
    lines = [f"# HELP {PREFIX}{name} {explanation}", f"# TYPE {PREFIX}{name} {kind}"]
    return lines + [sample_line(name, labels, value) for labels, value in samples.items()]


def sample_line(name: str, labels: Iterable[tuple[str, str]], value: float) -> str:
    """Write one sample; what a label may not hold is escaped."""
    inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
    return f"{PREFIX}{name}{{{inside}}} {value:g}" if inside else f"{PREFIX}{name} {value:g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
