# SPDX-License-Identifier: AGPL-3.0-or-later
"""Counters and gauges in Prometheus' text format (version 0.0.4). No labels that name a study."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mammovlm_orthanc.audit_message import AuditAct
from mammovlm_orthanc.candidate import LeftOutReason
from mammovlm_orthanc.readiness import Verdict
from mammovlm_orthanc.status import FINAL, Priority, State

REJECTIONS = (
    "no-image-found",
    "no-mammogram",
    "no-standard-view",
    "no-readable-view",
    "several-patients",
)
FAILURES = (
    "archive-unavailable",
    "model-unavailable",
    "out-of-memory",
    "result-invalid",
    "time-limit",
    "internal-error",
    "worker-lost",
    "intake-failed",
)
"""Reasons of workers, dead-letter queue and intake; a contract test keeps them complete."""

_IMAGES = ("candidate", *LeftOutReason)
_DECIDED = tuple(verdict for verdict in Verdict if verdict is not Verdict.WAITING)
_TOLD = (State.RUNNING, *sorted(FINAL))
_DROPPED = (
    "malformed event",
    "malformed dead letter",
    "study without status",
    "unknown study",
    "status unreadable",
)
_THREADS = ("intake", "publisher", "consumer", "upkeep", "drift", "routing", "rest")
COUNTERS = {
    "images": ("Mammography images seen, by what they were to the intake.", _IMAGES),
    "decisions": ("Decisions on studies, by verdict.", _DECIDED),
    "jobs_published": (
        "Jobs that the broker confirmed: analyses by priority, and questions.",
        (*Priority, "question"),
    ),
    "jobs_sent_again": ("Jobs put back into the outbox because nothing was heard of them.", ()),
    "publish_failures": ("Attempts to reach the broker or to publish that failed.", ()),
    "events": ("Events received, by state.", _TOLD),
    "messages_dropped": ("Messages malformed or about unknown studies, by kind.", _DROPPED),
    "runs": ("Runs that ended, by state.", tuple(sorted(FINAL))),
    "rejections": ("Studies that could not be analysed, by reason.", REJECTIONS),
    "failures": ("Analyses that failed, by reason.", FAILURES),
    "results_routed": ("Attempts to send an object of a result on.", ("sent", "failed")),
    "errors": ("Unexpected errors, by thread.", _THREADS),
    "audit_records": ("Requests in the audit trail, by what was asked.", tuple(AuditAct)),
    "audit_records_lost": ("Audit records that a file or syslog server did not take.", ()),
}
"""Name to explanation and to the kinds that are there from the start.

Prometheus cannot see a counter's first step if the counter appears with it, so each kind that is
known begins at zero.
"""
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
        for name, (explanation, kinds) in COUNTERS.items():
            found = dict.fromkeys(map(str, kinds), 0)
            found |= {label: n for (key, label), n in sorted(counts.items()) if key == name}
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
