"""UMiCon: from an expert's feature map to the 128 numbers shared by images and texts.

Paper 3.2.2 and 4.2; four-systems A1: the output is an embedding of unit length, because with
margin 1 distances between unnormalised vectors would not reach the margin.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from mammovlm.model.pooling import pooled
from mammovlm.model.presets import Pooling, UMiConSpec

_ATTENTION: Pooling = "attention"
_SHARPNESS = 2.0
_SMALLEST_SHARE = 0.3


class ExpertAdapter(nn.Module):
    """What UMiCon learns about one expert: its scale, and which cells to look at.

    Experts' features differ in scale and meaning; without an adapter of its own, an expert would
    feed noise into the shared projection (four-systems A7).

    Parameters
    ----------
    channels
        Of the expert's last map.
    pooling
        "mean" as the paper's reading; "max" and "gem" as `mammovlm.model.pooling`; "attention" adds
        the mean over cells weighted by their evidence of a lesion, and the highest evidence, so
        that a small lesion is not averaged away. Names joined by "+" are concatenated.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, channels: int, pooling: Pooling) -> None:
        super().__init__()
        self._pooling = pooling
        width = pooled_width(channels, pooling)
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))
        if _ATTENTION in pooling.split("+"):
            self.evidence = nn.Linear(channels, 1)

    def forward(self, features: Tensor, share: Tensor) -> Tensor:
        """Pool and scale, (batch, channels, rows, columns) to (batch, `pooled_width`)."""
        return (self.raw(features, share) - self.mean) / self.spread

    def raw(self, features: Tensor, share: Tensor) -> Tensor:
        """Pool without scaling, which training needs to find the scale."""
        plain = [name for name in self._pooling.split("+") if name != _ATTENTION]
        parts = [pooled(features, share, cast("Pooling", name)) for name in plain]
        if _ATTENTION in self._pooling.split("+"):
            parts += self._attended(features, share)
        return torch.cat(parts, dim=1)

    def cell_evidence(self, features: Tensor, share: Tensor) -> Tensor:
        """Evidence of a lesion in every cell, (batch, rows × columns); -inf outside the breast."""
        logits = self.evidence(features.flatten(2).transpose(1, 2))[..., 0]
        inside = share.flatten(1)
        # a map without any breast keeps its fullest cell, so that nothing is ever undefined
        least = inside.amax(1, keepdim=True).clamp_max(_SMALLEST_SHARE)
        return cast("Tensor", logits.masked_fill(inside < least, float("-inf")))

    def _attended(self, features: Tensor, share: Tensor) -> list[Tensor]:
        evidence = self.cell_evidence(features, share)
        weights = torch.softmax(_SHARPNESS * evidence, dim=1)
        return [
            (features.flatten(2) * weights[:, None]).sum(2),
            evidence.amax(1, keepdim=True),
        ]


def pooled_width(channels: int, pooling: Pooling) -> int:
    """Size of what an adapter gives."""
    names = pooling.split("+")
    return channels * len(names) + (_ATTENTION in names)


class UMiCon(nn.Module):
    """An adapter per expert, then one perceptron of six linear layers with GELU between them.

    Parameters
    ----------
    channels
        Of the experts' last feature maps; the same for all experts, so that one perceptron serves
        all.
    spec
        Pooling and widths.
    experts
        By the paper's names.
    """

    def __init__(self, channels: int, spec: UMiConSpec, experts: Sequence[str]) -> None:
        super().__init__()
        self.spec = spec
        self.adapters = nn.ModuleDict(
            {name: ExpertAdapter(channels, spec.pooling) for name in experts}
        )
        widths = (pooled_width(channels, spec.pooling), *spec.hidden, spec.size)
        layers: list[nn.Module] = []
        for inward, outward in pairwise(widths):
            layers += [nn.Linear(inward, outward), nn.GELU(), nn.Dropout(spec.dropout)]
        self.perceptron = nn.Sequential(*layers[:-2])

    def pool(self, features: Tensor, share: Tensor, expert: str) -> Tensor:
        """Pool the map of an expert; see `ExpertAdapter`."""
        vectors: Tensor = self.adapters[expert](features, share)
        return vectors

    def adapter(self, expert: str) -> ExpertAdapter:
        """Give the adapter of an expert."""
        return cast("ExpertAdapter", self.adapters[expert])

    def forward(self, vectors: Tensor) -> Tensor:
        """Project pooled features.

        Parameters
        ----------
        vectors
            (batch, pooled width).

        Returns
        -------
        Tensor
            (batch, 128), each row of length 1.
        """
        return functional.normalize(self.perceptron(vectors), dim=1)
