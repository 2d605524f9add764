"""How fast the device's memory is, in the same run as what it limits.

Decoding reads all weights for every token, so no decoder without drafts is faster than bandwidth
over bytes of weights.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from mammovlm.cli.model_bench.timing import Spread, timed

_GPU_BYTES = 2**31
_CPU_BYTES = 2**28
"""Of one tensor: many times what the caches hold. Three are needed, beside the model."""


@dataclass(frozen=True)
class Bandwidth:
    """Bytes moved in a second by three ways to use memory.

    Parameters
    ----------
    copy, triad, read
        ``b = a``; ``c = a + s·b`` (McCalpin's STREAM); the sum of a tensor.
    """

    copy: Spread
    triad: Spread
    read: Spread

    @property
    def limit(self) -> float:
        """The highest of the medians: what the memory has been seen to give."""
        return max(self.copy.median, self.triad.median, self.read.median)


def measure_bandwidth(device: torch.device, repeats: int = 7, size: int | None = None) -> Bandwidth:
    """Measure the device that the model is on.

    Parameters
    ----------
    size
        Bytes of a tensor; None: large enough for the device.
    """
    wanted = size or _size(device)
    count = wanted // 4
    one, other = torch.ones(count, device=device), torch.ones(count, device=device)
    sums = torch.empty_like(one)

    def spread(moved: int, call: Callable[[], object]) -> Spread:
        return Spread.of([moved * 4 * count / s for s in timed(call, repeats, device, warm_up=2)])

    return Bandwidth(
        copy=spread(2, lambda: other.copy_(one)),
        triad=spread(3, lambda: torch.add(one, other, alpha=3.0, out=sums)),
        read=spread(1, one.sum),
    )


def _size(device: torch.device) -> int:
    if device.type != "cuda":
        return _CPU_BYTES
    return min(_GPU_BYTES, int(torch.cuda.mem_get_info(device)[0]) // 4)


def bytes_per_token(causal_lm: nn.Module) -> int:
    """Count the bytes of weights that one token makes a language model read.

    All of them but the word embeddings, of which one row is read, unless the output layer shares
    them.
    """
    model: nn.Module = causal_lm
    total = sum(weights.numel() * weights.element_size() for weights in model.parameters())
    words = model.get_input_embeddings().weight  # type: ignore[operator]
    output = model.get_output_embeddings().weight  # type: ignore[operator]
    shared = output.data_ptr() == words.data_ptr()
    return int(total - (0 if shared else words.numel() * words.element_size()))
