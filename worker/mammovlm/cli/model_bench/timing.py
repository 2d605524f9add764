"""Times with their spread: warm-up excluded, and a GPU's work waited for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import torch


@dataclass(frozen=True)
class Spread:
    """What several repeats gave.

    Parameters
    ----------
    median, low, high
        In whatever unit the measurement has; low and high are the extremes.
    repeats
        How many were counted.
    """

    median: float
    low: float
    high: float
    repeats: int

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Sum up values, at least one."""
        return cls(median(values), min(values), max(values), len(values))

    def per(self, count: float) -> "Spread":
        """Divide by a number, such as that of the studies in a batch."""
        return Spread(self.median / count, self.low / count, self.high / count, self.repeats)


def wait(device: torch.device) -> None:
    """Wait until a GPU has done what it was given; a processor has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def timed(
    call: Callable[[], object], repeats: int, device: torch.device, warm_up: int = 1
) -> list[float]:
    """Time a call so many times, in seconds; the first ones are not counted."""
    seconds = []
    for number in range(warm_up + repeats):
        wait(device)
        begun = perf_counter()
        call()
        wait(device)
        if number >= warm_up:
            seconds.append(perf_counter() - begun)
    return seconds


class StageClock:
    """Adds up the time that methods of the model's parts take, under the names of stages.

    Of watched calls within each other the outermost one counts. Each of these waits for the GPU
    before and after it, which costs the whole a little; the total is therefore measured apart,
    without a clock.

    Parameters
    ----------
    device
        Of the model.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._runs = False
        self.seconds: dict[str, float] = {}

    @contextmanager
    def watching(self, watched: list[tuple[object, str, str]]) -> Iterator[None]:
        """Watch methods for a while.

        Parameters
        ----------
        watched
            Owner (an object, or a module with a function), name of the method, name of the stage.
        """
        before = [vars(owner).get(method) for owner, method, _ in watched]
        for owner, method, stage in watched:
            setattr(owner, method, self._clocked(getattr(owner, method), stage))
        try:
            yield
        finally:
            for (owner, method, _), own in zip(watched, before, strict=True):
                if own is None:
                    delattr(owner, method)  # what the class says is there again
                else:
                    setattr(owner, method, own)

    def _clocked(self, method: Callable[..., Any], stage: str) -> Callable[..., Any]:
        def clocked(*given: object, **named: object) -> object:
            if self._runs:
                return method(*given, **named)
            wait(self._device)
            self._runs, begun = True, perf_counter()
            try:
                result = method(*given, **named)
                wait(self._device)
            finally:
                self._runs = False
            self.seconds[stage] = self.seconds.get(stage, 0.0) + perf_counter() - begun
            return result

        return clocked
