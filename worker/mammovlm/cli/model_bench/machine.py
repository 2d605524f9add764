"""The machine that numbers hold for, and how busy it was with other things."""

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch

from mammovlm.model.device import ComputeDevice


@dataclass(frozen=True)
class Machine:
    """What a table says above its numbers.

    Parameters
    ----------
    device
        The GPU's or the processor's name.
    cores, memory_gib
        Of the machine.
    precision
        Of the image encoders.
    torch
        Its version.
    """

    device: str
    cores: int
    memory_gib: float
    precision: str
    torch: str

    @property
    def slug(self) -> str:
        """Name the device in a file's name."""
        return re.sub(r"[^a-z0-9]+", "-", self.device.lower()).strip("-")


def this_machine(compute: ComputeDevice) -> Machine:
    """Look at the machine and the device."""
    cores = len(os.sched_getaffinity(0))
    name = (
        torch.cuda.get_device_name(compute.device)
        if compute.is_cuda
        else f"CPU, {cores} cores, {_instructions()}"
    )
    return Machine(
        device=name,
        cores=cores,
        memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
        precision=str(compute.vision).removeprefix("torch."),
        torch=torch.__version__,
    )


def load_average() -> float:
    """Give the number of processes that wanted to run, over the last minute."""
    return os.getloadavg()[0]


def _instructions() -> str:
    """Name the widest instructions that torch may use, which say more than a model's name."""
    flags = Path("/proc/cpuinfo")
    told = flags.read_text() if flags.is_file() else ""
    known = {"amx_tile": "AMX", "avx512f": "AVX-512", "avx2": "AVX2"}
    return next((name for flag, name in known.items() if flag in told), platform.machine())
