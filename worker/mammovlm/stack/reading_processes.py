"""How many processes a worker has where nobody says: on a GPU several, which read studies ahead."""

import os
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from mammovlm.settings import Settings

READING_PROCESSES: Final = 4
"""On a GPU: enough that studies are read while others are thought about, and share batches. They
hold no weights. How many keep which GPU busy is not measured; more cores take more."""
_NVIDIA: Final = (Path("/dev/nvidiactl"), Path("/dev/dxg"))
"""Of NVIDIA's driver on Linux, and of the Windows subsystem for Linux."""


def default_processes() -> int:
    """Give `READING_PROCESSES`, or as many as there are cores, where the model runs on a GPU.

    Elsewhere 1: there each process has a model of its own. Nothing is started on the GPU.
    """
    if not any(device.exists() for device in _NVIDIA):
        return 1
    try:
        settings = Settings()
    except ValidationError:  # the worker itself names the setting and ends
        return 1
    if settings.device == "cpu" or settings.model_process == "never":
        return 1
    import torch  # noqa: PLC0415  slow, and needed here alone

    cores = len(os.sched_getaffinity(0))
    return min(READING_PROCESSES, cores) if torch.cuda.device_count() else 1
