"""Studies a second that N processes decode and prepare, alone and while the model works.

Each process reads whole studies over and over, as a worker's readers do, and hands nothing on: what
is compared is how fast studies can come with how fast they can be assessed.
"""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event, Semaphore
from pathlib import Path

import pydicom
import torch
from pydicom.uid import JPEG2000Lossless

from mammovlm.cli.demo_exam import write_exam
from mammovlm.imaging import ReadingLimits, read_study
from mammovlm.job import StoredInstance
from mammovlm.model.model_input import prepared
from mammovlm.model.presets import PRESETS
from mammovlm.settings import Settings
from mammovlm.study import Study

_PATIENCE_S = 120.0


@dataclass(frozen=True)
class ReadingMeasured:
    """How fast studies of one transfer syntax are read.

    Parameters
    ----------
    syntax
        As people call it.
    processes
        That read.
    alone
        Studies a second, decoded and prepared, with nothing else to do.
    read, assessed
        Studies a second that were read, and that the model assessed, at the same time.
    """

    syntax: str
    processes: int
    alone: float
    read: float
    assessed: float

    @property
    def together(self) -> float:
        """Studies a second with decoding included: what the slower of the two gives."""
        return min(self.read, self.assessed)

    @property
    def bottleneck(self) -> str:
        """The slower of the two, in words."""
        return "decoding and preparing" if self.read < self.assessed else "the model"


@dataclass(frozen=True)
class Readers:
    """Processes that read one exam over and over.

    Parameters
    ----------
    paths
        Its files.
    height, width
        Of the input that they prepare.
    processes
        How many.
    """

    paths: Sequence[Path]
    height: int
    width: int
    processes: int


def write_exams(folder: Path, *, small: bool = False) -> dict[str, Sequence[Path]]:
    """Write the demo exam uncompressed and in JPEG 2000 (lossless), by the syntax's name.

    Parameters
    ----------
    folder
        Where to.
    small
        Every eighth row and column, in JPEG 2000 alone, for tests.
    """
    plain, compressed = folder / "uncompressed", folder / "jpeg2000"
    for each in (plain, compressed):
        each.mkdir(parents=True)
    write_exam(plain)
    for path in files(plain):
        view = pydicom.dcmread(path)
        if view.file_meta.TransferSyntaxUID.is_compressed:
            view.decompress(generate_instance_uid=False)
        if small:
            pixels = view.pixel_array[::8, ::8]
            view.Rows, view.Columns = pixels.shape
            view.PixelData = pixels.tobytes()
        view.save_as(path, enforce_file_format=True)
        view.compress(JPEG2000Lossless, generate_instance_uid=False)
        view.save_as(compressed / path.name, enforce_file_format=True)
    written = {"uncompressed": files(plain), "JPEG 2000 lossless": files(compressed)}
    return dict(list(written.items())[1:]) if small else written


def files(folder: Path) -> Sequence[Path]:
    """List an exam's files in order."""
    return sorted(folder.glob("*.dcm"))


def read_exam(paths: Sequence[Path]) -> Study:
    """Read an exam by the worker's own way."""
    uid = str(pydicom.dcmread(paths[0], stop_before_pixels=True).StudyInstanceUID)
    stored = [StoredInstance(path.name, path) for path in paths]
    return read_study(uid, stored, (), ReadingLimits.from_settings(Settings()))


def measure_reading(
    syntax: str, asked: Readers, seconds: float, assess: Callable[[], int]
) -> ReadingMeasured:
    """Let processes read for a while, then go on while the model assesses.

    Parameters
    ----------
    seconds
        How long each of the two lasts, at least.
    assess
        Assesses some studies and says how many.

    Raises
    ------
    RuntimeError
        If a process does not start.
    """
    context = multiprocessing.get_context("spawn")
    ready, stop, done = context.Semaphore(0), context.Event(), context.Value("q", 0)
    given = (asked, ready, stop, done)
    readers = [
        context.Process(target=_read_on, args=given, daemon=True) for _ in range(asked.processes)
    ]
    for reader in readers:
        reader.start()
    try:
        for _ in readers:
            if not ready.acquire(timeout=_PATIENCE_S):
                raise RuntimeError("the processes that read studies do not start")
        alone, _ = _counted(done, stop, seconds, None)
        read, assessed = _counted(done, stop, seconds, assess)
    finally:
        stop.set()
        for reader in readers:
            reader.join(_PATIENCE_S)
    return ReadingMeasured(syntax, asked.processes, alone, read, assessed)


def _counted(
    done: "Synchronized[int]", stop: Event, seconds: float, assess: Callable[[], int] | None
) -> tuple[float, float]:
    before, assessed, begun = done.value, 0, time.perf_counter()
    if assess is None:
        stop.wait(seconds)
    else:
        while time.perf_counter() - begun < seconds:
            assessed += assess()
    passed = time.perf_counter() - begun
    return (done.value - before) / passed, assessed / passed


def _read_on(asked: Readers, ready: Semaphore, stop: Event, done: "Synchronized[int]") -> None:
    """Read an exam over and over; runs in a process of its own."""
    torch.set_num_threads(1)
    # preparing asks a preset for these two sizes alone
    preset = replace(PRESETS["compact"], height=asked.height, width=asked.width)
    prepared(read_exam(asked.paths), preset)
    ready.release()
    while not stop.is_set():
        prepared(read_exam(asked.paths), preset)
        with done.get_lock():
            done.value += 1
