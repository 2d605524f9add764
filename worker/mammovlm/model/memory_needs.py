"""How much memory the weights will take, told from the headers of their files before any is loaded.

Quantised sizes are those of bitsandbytes: int8 takes a byte a weight and a float32 scale a row,
int4 (NF4) half a byte and a float32 scale for every 64 weights. Word embeddings, output layer and
everything that is no matrix keep their precision.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from math import prod
from pathlib import Path
from typing import Final, Literal

import torch
from safetensors import SafetensorError, safe_open

from mammovlm.errors import DeviceUnusable, WeightsUnusable
from mammovlm.model.device import ComputeDevice
from mammovlm.model.weights import WeightsFolder

Quantisation = Literal["none", "int8", "int4"]

RESERVE: Final = 2 * 2**30
"""Bytes kept free beside the weights of a CUDA device, for its context, feature maps and the
key-value cache. A reserve that was chosen, not measured."""
GIB: Final = 2**30

_LARGE_PARTS: Final = ("encoder", "expert")
_QUANTISATIONS: Final[tuple[Quantisation, ...]] = ("none", "int8", "int4")
_BYTES_A_WEIGHT: Final[Mapping[Quantisation, float]] = {"int8": 1.0, "int4": 0.5 + 4 / 64}
_KEPT: Final = ("embed", "lm_head")
_SIZES: Final = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2}


@dataclass(frozen=True)
class WeightSizes:
    """Numbers of weights, by what becomes of them.

    Parameters
    ----------
    kept
        Weights that keep their precision.
    quantisable
        Weights of the language model's linear layers.
    itemsize
        Bytes of a weight that keeps its precision.
    """

    kept: int
    quantisable: int = 0
    itemsize: int = 4

    def total(self, quantisation: Quantisation) -> int:
        """Bytes on the device."""
        if quantisation == "none":
            return (self.kept + self.quantisable) * self.itemsize
        return self.kept * self.itemsize + round(self.quantisable * _BYTES_A_WEIGHT[quantisation])


@dataclass
class MemoryNeeds:
    """Everything that a preset puts on a device, by part."""

    parts: dict[str, WeightSizes] = field(default_factory=dict)

    def add(self, part: str, sizes: WeightSizes) -> None:
        """Count a part."""
        self.parts[part] = sizes

    def total(self, quantisation: Quantisation) -> int:
        """Bytes of all weights."""
        return sum(sizes.total(quantisation) for sizes in self.parts.values())


def weight_sizes(
    files: Iterable[Path], dtype: torch.dtype | None, *, quantisable: bool = False
) -> WeightSizes:
    """Count the weights of safetensors files from their headers.

    Parameters
    ----------
    files
        Safetensors files of one part.
    dtype
        Precision that they will be held in; None: as stored.
    quantisable
        Whether matrices may be quantised, as those of a language model.

    Raises
    ------
    WeightsUnusable
        Where a file is missing or damaged.
    """
    kept = matrices = itemsize = 0
    for name, shape, stored in chain.from_iterable(map(_header, files)):
        itemsize = max(itemsize, _SIZES.get(stored, 1))
        if quantisable and len(shape) == 2 and not any(each in name for each in _KEPT):
            matrices += prod(shape)
        else:
            kept += prod(shape)
    return WeightSizes(kept, matrices, dtype.itemsize if dtype else itemsize)


def _header(path: Path) -> list[tuple[str, list[int], str]]:
    """Name, shape and precision of every tensor in a file."""
    try:
        with safe_open(path, framework="pt") as file:
            told = [(name, file.get_slice(name)) for name in file.keys()]  # noqa: SIM118
            return [(name, each.get_shape(), each.get_dtype()) for name, each in told]
    except (OSError, SafetensorError) as error:
        raise WeightsUnusable(
            f"The weights file {path.name} is missing or damaged; fetch it again."
        ) from error


def needs_of(
    folder: WeightsFolder, language_model: Sequence[Path], compute: ComputeDevice
) -> MemoryNeeds:
    """Count everything that a folder of weights puts on a device.

    Parameters
    ----------
    folder
        With its card.
    language_model
        Files of the language model; none where it is untuned and stays away.
    compute
        Device and precisions.
    """
    needs = MemoryNeeds()
    for part in folder.card.parts:
        large = any(word in part for word in _LARGE_PARTS)
        needs.add(part, weight_sizes([folder.path(part)], compute.vision if large else None))
    if language_model:
        sizes = weight_sizes(language_model, compute.words, quantisable=True)
        needs.add("language model", sizes)
    return needs


def fitting(
    needs: MemoryNeeds,
    wanted: Literal["auto", "none", "int8", "int4"],
    free: int,
    reserve: int,
    device: str,
) -> Quantisation:
    """Pick the quantisation with which everything fits.

    Parameters
    ----------
    needs
        Of all parts.
    wanted
        Of the settings; "auto": the least that fits.
    free
        Bytes free on the device.
    reserve
        Bytes of them that the weights must leave.
    device
        As people call it.

    Raises
    ------
    DeviceUnusable
        Where it does not fit; with the numbers, and what would fit.
    """
    allowed = _QUANTISATIONS if wanted == "auto" else (wanted,)
    for quantisation in allowed:
        if needs.total(quantisation) + reserve <= free:
            return quantisation
    raise DeviceUnusable(_too_small(needs, allowed[-1], free, reserve, device))


def _too_small(
    needs: MemoryNeeds, tried: Quantisation, free: int, reserve: int, device: str
) -> str:
    parts = ", ".join(
        f"{name} {sizes.total(tried) / GIB:.1f}"
        for name, sizes in needs.parts.items()
        if sizes.total(tried) >= GIB / 20
    )
    others = [
        f"MAMMOVLM_QUANTISE={other} ({(needs.total(other) + reserve) / GIB:.1f} GiB)"
        for other in _QUANTISATIONS
        if needs.total(other) + reserve <= free
    ]
    rest = f" and {reserve / GIB:.0f} GiB to work in" if reserve else ""
    advice = f"Set {' or '.join(others)}, free" if others else "Free"
    return (
        f"The memory of {device} does not suffice: the weights need "
        f"{needs.total(tried) / GIB:.1f} GiB ({parts}; quantisation: {tried}){rest}, "
        f"{free / GIB:.1f} GiB are free. {advice} memory on the device, or take a larger one; a "
        "language model on another server (MAMMOVLM_LANGUAGE_MODEL_URL) needs none here."
    )
