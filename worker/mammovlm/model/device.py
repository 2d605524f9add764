"""Where the model computes and in which precision: a processor, or one CUDA device a process."""

from dataclasses import dataclass
from typing import Final

import psutil
import torch
from torch import Tensor

from mammovlm.errors import DeviceUnusable
from mammovlm.settings import Settings

_DTYPES: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class ComputeDevice:
    """A device and its precisions.

    Projection, fusion and heads are small and always compute in float32; what is named here is the
    precision of the large parts.

    Parameters
    ----------
    device
        Of torch.
    vision
        Of the image encoders and the text encoder.
    words
        Of the language model; None: as its preset does on a processor.
    """

    device: torch.device
    vision: torch.dtype = torch.float32
    words: torch.dtype | None = None

    @property
    def is_cuda(self) -> bool:
        """True for an NVIDIA GPU."""
        return self.device.type == "cuda"

    def place(self, tensor: Tensor) -> Tensor:
        """Bring a tensor there, floating-point numbers in the precision of the encoders."""
        wanted = self.vision if tensor.is_floating_point() else None
        return tensor.to(self.device, wanted)

    def free_bytes(self) -> int:
        """Memory that is free on the device at this moment."""
        if self.is_cuda:
            return int(torch.cuda.mem_get_info(self.device)[0])
        return int(psutil.virtual_memory().available)


CPU: Final = ComputeDevice(torch.device("cpu"))
"""The processor, in the precisions that it does best."""


def compute_device(settings: Settings) -> ComputeDevice:
    """Pick the device that the settings name, and the precisions that it does best.

    "auto" takes the first CUDA device where there is one. There, the precision "auto" is bfloat16
    if the device multiplies it, else float32.

    Raises
    ------
    DeviceUnusable
        Where a CUDA device is asked for and is not there.
    """
    device = _device(settings.device)
    if settings.precision in _DTYPES:
        dtype = _DTYPES[settings.precision]
        return ComputeDevice(device, dtype, dtype)
    if device.type == "cpu":
        return ComputeDevice(device)
    with torch.cuda.device(device):
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    dtype = torch.bfloat16 if fast else torch.float32
    return ComputeDevice(device, dtype, dtype)


def _device(name: str) -> torch.device:
    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return torch.device("cuda", 0) if there else torch.device("cpu")
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= there:
        raise DeviceUnusable(
            f"MAMMOVLM_DEVICE asks for {name}, but torch sees {there or 'no'} CUDA device(s). "
            "Install NVIDIA's driver and a torch built with CUDA, or set MAMMOVLM_DEVICE=cpu."
        )
    return torch.device("cuda", device.index or 0) if device.type == "cuda" else device
