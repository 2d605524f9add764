"""What follows where a GPU cannot record a pass; torch's CUDA calls are replaced by plain ones."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from mammovlm.model.graph_recording import GraphRecorder

CUDA = torch.device("cuda", 0)


class Streams:
    """A device's streams, and the one that is worked on."""

    def __init__(self) -> None:
        self.first = self.current = self._stream()

    def _stream(self) -> Any:
        return SimpleNamespace(wait_stream=lambda _: None)

    @contextmanager
    def recording(self, _: object) -> Iterator[None]:
        """Record as torch.cuda.graph does: its stream stays where ending the recording fails."""
        before, self.current = self.current, self._stream()
        try:
            yield
        except (RuntimeError, ValueError):
            raise RuntimeError("the capture was broken by an earlier error") from None
        self.current = before

    def set(self, stream: object) -> None:
        self.current = stream


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> Streams:
    streams = Streams()
    replaced: dict[str, Callable[..., object]] = {
        "device": lambda _: nullcontext(),
        "current_stream": lambda: streams.current,
        "Stream": streams._stream,
        "stream": lambda _: nullcontext(),
        "CUDAGraph": lambda: SimpleNamespace(replay=lambda: None),
        "graph": streams.recording,
        "set_stream": streams.set,
    }
    for name, function in replaced.items():
        monkeypatch.setattr(torch.cuda, name, function)
    return streams


def failing_when_recorded(streams: Streams, error: Exception) -> Callable[[], Tensor]:
    def run() -> Tensor:
        if streams.current is not streams.first:
            raise error
        return torch.ones(1)

    return run


def test_a_recording_that_cannot_be_ended_leaves_the_stream_as_it_was_and_is_the_last(
    streams: Streams, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = GraphRecorder(is_wanted=True)
    run = failing_when_recorded(streams, RuntimeError("not permitted while a stream is capturing"))
    assert recorder.record(run, CUDA) is None
    assert streams.current is streams.first
    assert not recorder.is_wanted
    assert len(caplog.records) == 1


def test_memory_that_is_full_while_recording_is_told_as_such_and_others_are_recorded_later(
    streams: Streams,
) -> None:
    recorder = GraphRecorder(is_wanted=True)
    with pytest.raises(torch.OutOfMemoryError):
        recorder.record(failing_when_recorded(streams, torch.OutOfMemoryError()), CUDA)
    assert streams.current is streams.first
    assert recorder.is_wanted
    recorded = recorder.record(lambda: torch.full((1,), 7.0), CUDA)
    assert recorded is not None
    assert recorded.replay() == 7
