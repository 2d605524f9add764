# SPDX-License-Identifier: AGPL-3.0-or-later
"""Histograms in Prometheus' text format: how long things take, and which values results have."""

import threading
from bisect import bisect_left
from dataclasses import dataclass, field

from mammovlm_orthanc.metrics import PREFIX, Labels, sample_line

_SHORT_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_LONG_S = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 14400.0, 86400.0)
_TENTHS = tuple(n / 10 for n in range(1, 11))


@dataclass(frozen=True)
class Distribution:
    """One histogram: what it is about, its labels, and the upper bounds of its buckets."""

    help: str
    labels: tuple[str, ...]
    bounds: tuple[float, ...]


DISTRIBUTIONS = {
    "stage_seconds": Distribution(
        "Seconds of an analysis, by stage, as the workers measured them.", ("stage",), _SHORT_S
    ),
    "turnaround_seconds": Distribution(
        "Seconds from the first image of a run to its end.", (), _LONG_S
    ),
    "waiting_seconds": Distribution(
        "Seconds that a job waited for a worker.", ("priority",), _LONG_S
    ),
    "likelihood": Distribution(
        "Likelihoods in reports, 0 to 1, by what they are about and by the device of the images.",
        ("name", "manufacturer", "model"),
        _TENTHS,
    ),
    "density": Distribution(
        "Breast densities in reports (1 to 4 for A to D), by the device of the images.",
        ("manufacturer", "model"),
        (1.0, 2.0, 3.0, 4.0),
    ),
}


@dataclass
class _Series:
    in_bucket: list[int]
    total: float = 0.0
    count: int = 0


@dataclass
class Distributions:
    """What was observed since start."""

    _series: dict[tuple[str, Labels], _Series] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def observe(self, name: str, value: float, *labels: str) -> None:
        """Count one value; the name is one of `DISTRIBUTIONS`, the labels in its order."""
        kind = DISTRIBUTIONS[name]
        key = (name, tuple(zip(kind.labels, labels, strict=True)))
        with self._lock:
            series = self._series.setdefault(key, _Series([0] * (len(kind.bounds) + 1)))
            series.in_bucket[bisect_left(kind.bounds, value)] += 1
            series.total += value
            series.count += 1

    def lines(self) -> list[str]:
        """Write all of them in Prometheus' text format."""
        lines: list[str] = []
        with self._lock:
            for name, kind in DISTRIBUTIONS.items():
                lines += [
                    f"# HELP {PREFIX}{name} {kind.help}",
                    f"# TYPE {PREFIX}{name} histogram",
                ]
                for (of, labels), series in sorted(self._series.items()):
                    if of == name:
                        lines += _lines(name, labels, series, kind.bounds)
        return lines


def _lines(name: str, labels: Labels, series: _Series, bounds: tuple[float, ...]) -> list[str]:
    lines, so_far = [], 0
    for bound, count in zip((*map("{:g}".format, bounds), "+Inf"), series.in_bucket, strict=True):
        so_far += count
        lines.append(sample_line(f"{name}_bucket", (*labels, ("le", bound)), so_far))
    lines.append(sample_line(f"{name}_sum", labels, series.total))
    lines.append(sample_line(f"{name}_count", labels, series.count))
    return lines
