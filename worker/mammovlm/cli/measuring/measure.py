"""One round of all measurements: throughput, latency, stages, memory."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from mammovlm.cli.demo_exam import write_exam
from mammovlm.cli.measuring.studies import TimedStudy, time_study
from mammovlm.cli.measuring.throughput import middle, plain_orthanc, throughput_ratios
from mammovlm.stack import StackSettings, down, status, up

AROUND_THE_MODEL = ("fetch", "read", "objects", "check", "store")
QUIET_S = 5.0
_WITHOUT_WORKER = ("epmd", "rabbitmq", "orthanc")


@dataclass(frozen=True)
class Measures:
    """What was measured; times in seconds, medians.

    Parameters
    ----------
    cores
        Of this machine.
    studies
        How many studies the medians are over.
    throughput_ratio, throughput_range
        C-STORE throughput with the plugin over that without: median, lowest and highest pair.
    queued_after_quiet
        From the last stored image to the job in the queue, less the quiet time.
    stages
        By name of the stage, in order.
    around_the_model
        Everything but model and explanation, per study.
    analysis
        From the job in the queue to the stored report.
    from_last_image
        From the last stored image to the stored report, quiet time included.
    worker_memory_mib
        Proportional set size of the worker and its process, after the studies.
    """

    cores: int
    studies: int
    throughput_ratio: float
    throughput_range: tuple[float, float]
    queued_after_quiet: float
    stages: Mapping[str, float]
    around_the_model: float
    analysis: float
    from_last_image: float
    worker_memory_mib: float


def measure(rounds: int, studies: int, notify: Callable[[str], None]) -> Measures:
    """Measure with a stack of its own in a temporary folder, on ports of its own.

    Parameters
    ----------
    rounds
        Pairs for the throughput.
    studies
        Studies for the other figures.
    notify
        Told what is being measured.

    Raises
    ------
    StackFailed
        If a program does not come up.
    """
    with tempfile.TemporaryDirectory() as name, _quiet_time(QUIET_S):
        folder = Path(name)
        exam = folder / "exam"
        exam.mkdir()
        write_exam(exam)
        ratios = _throughput(folder, exam, rounds, notify)
        timed, memory = _studies(folder, studies, notify)
    return _summary(ratios, timed, memory)


def _throughput(
    folder: Path, exam: Path, rounds: int, notify: Callable[[str], None]
) -> list[float]:
    settings = _stack(folder / "with", 0)
    with plain_orthanc(folder / "without", 18142, 14342):
        up(settings, notify, _WITHOUT_WORKER)
        try:
            notify(f"C-STORE with and without the plugin, {rounds} pairs")
            return throughput_ratios(exam, settings.dicom_port, 14342, rounds)
        finally:
            down(settings, notify)


def _studies(
    folder: Path, studies: int, notify: Callable[[str], None]
) -> tuple[list[TimedStudy], float]:
    settings = _stack(folder / "whole", 1)
    up(settings, notify)
    try:
        timed = []
        for number in range(studies + 1):  # the first one warms up and is not counted
            notify(f"study {number} of {studies}")
            timed.append(time_study(settings))
        return timed[1:], _memory_mib(settings)
    finally:
        down(settings, notify)


def _summary(ratios: list[float], timed: list[TimedStudy], memory: float) -> Measures:
    names = list(timed[0].stages)
    around = [sum(study.stages[stage] for stage in AROUND_THE_MODEL) for study in timed]
    return Measures(
        cores=os.cpu_count() or 0,
        studies=len(timed),
        throughput_ratio=middle(ratios),
        throughput_range=(round(min(ratios), 3), round(max(ratios), 3)),
        queued_after_quiet=middle([study.queued_after - QUIET_S for study in timed]),
        stages={name: middle([study.stages[name] for study in timed]) for name in names},
        around_the_model=middle(around),
        analysis=middle([study.analysed_after - study.queued_after for study in timed]),
        from_last_image=middle([study.analysed_after for study in timed]),
        worker_memory_mib=memory,
    )


def _stack(var: Path, number: int) -> StackSettings:
    base = 18042 + number
    return StackSettings(
        var=var,
        http_port=base,
        dicom_port=14242 + number,
        amqp_port=15672 + number,
        dist_port=15692 + number,
        epmd_port=15712 + number,
    )


def _memory_mib(settings: StackSettings) -> float:
    now = status(settings)["worker"][1]
    assert now is not None, "it has just analysed a study"
    worker = psutil.Process(int(now.pid))
    processes = [worker, *worker.children(recursive=True)]
    return float(round(sum(process.memory_full_info().pss for process in processes) / 2**20))


@contextmanager
def _quiet_time(seconds: float) -> Iterator[None]:
    before = os.environ.get("MAMMOVLM_QUIET_S")
    os.environ["MAMMOVLM_QUIET_S"] = str(seconds)
    try:
        yield
    finally:
        if before is None:
            del os.environ["MAMMOVLM_QUIET_S"]
        else:
            os.environ["MAMMOVLM_QUIET_S"] = before
