"""A backlog of queued studies: memory while it grows and shrinks, throughput, who overtakes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil

from local_servers import Server, wait_until
from system.chaos.installation import Installation
from system.chaos.modality import Modalities
from system.chaos.observer import Observer
from system.chaos.study_mix import SentStudy, one_view_study

Notify = Callable[[str], None]
_PATIENCE_S = 3600.0
_SAMPLES = 8
_LOOK_EVERY_S = 1.0
"""The list of a thousand studies costs Orthanc time that the measurement should not see."""


@dataclass(frozen=True)
class Memory:
    """Resident memory at one moment, in MB.

    Parameters
    ----------
    phase
        What was going on.
    studies
        How many were queued so far or, while workers run, had ended.
    orthanc, broker, workers
        With all their processes.
    """

    phase: str
    studies: int
    orthanc: float
    broker: float
    workers: float


@dataclass(frozen=True)
class Load:
    """What was measured.

    Parameters
    ----------
    queued, queued_in_s
        Studies in the backlog, and how long it took to send and queue them.
    sending_s
        How long each study's association took, in the order of sending.
    memory
        Samples over time.
    studies_per_minute
        Of one worker and of two, both on this machine.
    overtaken_by
        How many others ended between calling a waiting study urgent and its end.
    analysed
        How many studies ended in all.
    """

    queued: int
    queued_in_s: float
    sending_s: tuple[float, ...]
    memory: tuple[Memory, ...]
    studies_per_minute: tuple[float, float]
    overtaken_by: int
    analysed: int


def run_load(site: Installation, *, studies: int, analyses: int, notify: Notify) -> Load:
    """Queue studies while no worker runs; let one worker take some, then two as many.

    Parameters
    ----------
    site
        Orthanc and broker; its deadline should be short, since each study has one view.
    studies
        Of the backlog.
    analyses
        How many of them one worker takes, and then two.
    notify
        Told of the progress.
    """
    backlog = [one_view_study() for _ in range(studies)]
    observer = Observer(site.orthanc.url, _LOOK_EVERY_S)
    observer.start()
    meter = _Meter(site)
    begun = time.monotonic()
    sending_s = _queue(site, observer, backlog, meter, notify)
    queued_in_s = time.monotonic() - begun
    site.worker.start()
    meter.workers.append(site.worker)
    overtaken_by = _urgent(site, observer, backlog)
    one = _analyse("one worker", observer, analyses, meter, notify)
    second = site.new_worker("second-worker")
    second.start()
    meter.workers.append(second)
    two = _analyse("two workers", observer, analyses, meter, notify)
    observer.stop()
    return Load(
        studies, queued_in_s, sending_s, tuple(meter.samples), (one, two), overtaken_by,
        len(observer.ended),
    )  # fmt: skip


class _Meter:
    """Takes samples of memory."""

    def __init__(self, site: Installation) -> None:
        self._site = site
        self.workers: list[Server] = []
        self.samples: list[Memory] = []

    def take(self, phase: str, studies: int) -> None:
        self.samples.append(
            Memory(
                phase,
                studies,
                resident_mb(self._site.orthanc),
                resident_mb(self._site.broker),
                sum(resident_mb(worker) for worker in self.workers),
            )
        )


def resident_mb(server: Server) -> float:
    """Give the resident memory of a program and its children, in MB."""
    parent = psutil.Process(server.pid)
    everything = [parent, *parent.children(recursive=True)]
    return float(sum(process.memory_info().rss for process in everything)) / 2**20


def _queue(
    site: Installation,
    observer: Observer,
    backlog: Sequence[SentStudy],
    meter: _Meter,
    notify: Notify,
) -> tuple[float, ...]:
    modalities = Modalities(
        backlog, site.orthanc.dicom_port, observer, associations=2, most_waiting=len(backlog) + 1
    )
    modalities.start()
    for step in range(1, _SAMPLES + 1):
        due = len(backlog) * step // _SAMPLES
        observer.wait_for_queued(due, _PATIENCE_S)
        notify(f"{due} of {len(backlog)} queued")
        meter.take("queueing", due)
    return tuple(modalities.seconds)


def _urgent(site: Installation, observer: Observer, backlog: Sequence[SentStudy]) -> int:
    """Call the study that was sent last urgent; count who ends before it."""
    last = backlog[-1].uid
    wait_until("the first study has ended", lambda: len(observer.ended) > 0, _PATIENCE_S)
    before = len(observer.ended)
    site.orthanc.post(f"/mammovlm/studies/{last}/urgent").raise_for_status()
    wait_until("the urgent study has ended", lambda: last in observer.ended, _PATIENCE_S)
    return len(observer.ended) - before - 1


def _analyse(phase: str, observer: Observer, analyses: int, meter: _Meter, notify: Notify) -> float:
    """Wait for so many more studies; give studies per minute."""
    first, begun = len(observer.ended), time.monotonic()
    for step in range(1, _SAMPLES + 1):
        due = first + analyses * step // _SAMPLES
        observer.wait_for_ends(due, _PATIENCE_S)
        notify(f"{len(observer.ended)} ended, {phase}")
        meter.take(phase, len(observer.ended))
    return (len(observer.ended) - first) * 60 / (time.monotonic() - begun)
