"""Peaks of memory, of this process and of torch on its GPU, that can be begun anew."""

import gc
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

import torch

_SELF: Final = Path("/proc/self")
_RESET_PEAK: Final = "5"


def begin_peaks(device: torch.device) -> None:
    """Give back what nobody uses, and count peaks from here on.

    Where Linux does not let a process reset its own peak (``clear_refs``, proc(5)), that of the
    resident memory goes on.
    """
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    with suppress(OSError):
        (_SELF / "clear_refs").write_text(_RESET_PEAK)


def resident_peak_gib() -> float:
    """Give the peak of this process's resident memory.

    From ``VmHWM`` of /proc/self/status. ``ru_maxrss`` is no use here: it never falls, and a process
    that is started inherits that of the process that starts it.
    """
    told = re.search(r"^VmHWM:\s+(\d+) kB$", (_SELF / "status").read_text(), re.MULTILINE)
    assert told is not None, "Linux tells it of every process with memory of its own"
    return int(told[1]) / 2**20


def device_peak_gib(device: torch.device) -> float:
    """Give the peak of what torch held on a GPU; 0 for a processor."""
    return torch.cuda.max_memory_allocated(device) / 2**30 if device.type == "cuda" else 0.0
