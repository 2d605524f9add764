"""Passes of a network recorded as CUDA graphs, until one cannot be (PyTorch, "CUDA Graphs")."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

_WARM_UP: Final = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecordedPass:
    """A pass that a device repeats by itself.

    Parameters
    ----------
    graph
        Of torch.
    given
        Where it leaves its result.
    """

    graph: Any
    given: Tensor

    def replay(self) -> Tensor:
        """Run the pass on what its tensors hold now."""
        self.graph.replay()
        return self.given


class GraphRecorder:
    """Records passes of one network.

    Parameters
    ----------
    is_wanted
        Whether to record at all; only a CUDA device can.

    Attributes
    ----------
    is_wanted : bool
        False too after a pass could not be recorded: the next one could not be either.
    """

    def __init__(self, *, is_wanted: bool) -> None:
        self.is_wanted = is_wanted

    def record(self, run: Callable[[], Tensor], device: torch.device) -> RecordedPass | None:
        """Record a pass; where that cannot be, say so once and give None.

        Parameters
        ----------
        run
            Of the same shapes every time, reading and writing tensors that stay where they are. It
            is run some times first, so doing it again must change nothing.
        device
            Of the network.

        Raises
        ------
        torch.OutOfMemoryError
            Where the device's memory is full, which says nothing about the next pass.
        """
        try:
            with torch.cuda.device(device):
                return _recorded(run)
        except (RuntimeError, ValueError) as error:  # torch names a device it cannot use either way
            full = _memory_error(error)
            if full is not None:
                raise full from None
            self.is_wanted = False
            _log.warning(
                "decoding runs without a CUDA graph, more slowly (%s)", type(error).__name__
            )
            return None


def _recorded(run: Callable[[], Tensor]) -> RecordedPass:
    before, side = torch.cuda.current_stream(), torch.cuda.Stream()
    try:
        side.wait_stream(before)
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP):
                run()
        before.wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            given = run()
        return RecordedPass(graph, given)
    finally:
        # where a recording cannot be ended, torch.cuda.graph stays on the stream of its own
        torch.cuda.set_stream(before)


def _memory_error(error: BaseException | None) -> torch.OutOfMemoryError | None:
    """Find full memory behind an error: ending a recording that it broke fails in another way."""
    while error is not None and not isinstance(error, torch.OutOfMemoryError):
        error = error.__cause__ or error.__context__
    return error
