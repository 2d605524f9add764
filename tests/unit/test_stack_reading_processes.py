"""A worker on a GPU reads ahead without being told; on a processor it has one process."""

import os
from pathlib import Path

import pytest
import torch

from mammovlm.stack import StackSettings, reading_processes


@pytest.mark.parametrize(
    ("machine", "environment", "processes"),
    [
        ((False, 1, 16), {}, 1),
        ((True, 0, 16), {}, 1),
        ((True, 1, 16), {}, 4),
        ((True, 1, 2), {}, 2),
        ((True, 1, 16), {"MAMMOVLM_DEVICE": "cuda:0"}, 4),
        ((True, 1, 16), {"MAMMOVLM_DEVICE": "cpu"}, 1),
        ((True, 1, 16), {"MAMMOVLM_MODEL_PROCESS": "never"}, 1),
        ((True, 1, 16), {"MAMMOVLM_THREADS": "none"}, 1),
        ((True, 1, 16), {"MAMMOVLM_WORKERS": "9"}, 9),
    ],
)
def test_only_where_the_model_is_on_a_gpu_several_processes_read_ahead(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    machine: tuple[bool, int, int],
    environment: dict[str, str],
    processes: int,
) -> None:
    driver, gpus, cores = machine
    if driver:
        (tmp_path / "nvidiactl").touch()
    monkeypatch.setattr(reading_processes, "_NVIDIA", (tmp_path / "nvidiactl",))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(cores))
    monkeypatch.delenv("MAMMOVLM_WORKERS", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert StackSettings().processes == processes
