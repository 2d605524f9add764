"""UMiCon: from an expert's feature map to the 128 numbers shared by images and texts.

Paper 3.2.2 and 4.2; four-systems A1: the output is an embedding of unit length, because with
margin 1 distances between unnormalised vectors would not reach the margin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from mammovlm.model.expert_view import POOLS, ExpertView
from mammovlm.model.lesion_finder import SUMMARY_WIDTH, CellFindings, LesionFinder
from mammovlm.model.presets import EncoderSpec, Pooling, UMiConSpec

_LESIONS = "lesions"


@dataclass(frozen=True)
class FinderMap:
    """What a lesion finder sums up, kept to ask afterwards what decided.

    Parameters
    ----------
    hidden
        As the finder read it, (images, `mammovlm.model.lesion_finder.WIDTH`, rows, columns).
    share
        How much of a cell is breast, (images, rows, columns).
    pools
        Of the expert's last map, which go beside it; see `ExpertView`.
    """

    hidden: Tensor
    share: Tensor
    pools: Tensor


class ExpertAdapter(nn.Module):
    """What UMiCon learns about one expert: its scale, and where lesions show in its features.

    Experts' features differ in scale and meaning; without an adapter of its own, an expert would
    feed noise into the shared projection (four-systems A7).

    Parameters
    ----------
    spec
        Of the expert.
    pooling
        "mean" as the paper is read; "max" and "gem" as in `mammovlm.model.pooling`; "lesions" as
        in `mammovlm.model.lesion_finder`. Names joined by "+" are concatenated.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, spec: EncoderSpec, pooling: Pooling) -> None:
        super().__init__()
        self._pools = [POOLS.index(pool) for pool in POOLS if pool in pooling.split("+")]
        width = pooled_width(spec.width, pooling)
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))
        self.finder = LesionFinder(spec.level_channels) if _LESIONS in pooling else None

    def forward(self, view: ExpertView) -> Tensor:
        """Pool and scale images to (images, `pooled_width`)."""
        seen = self.look(view)
        return self.scaled(view.pools, None) if seen is None else self.sum_up(seen)[0]

    def look(self, view: ExpertView) -> FinderMap | None:
        """Let the lesion finder read images; None without finder."""
        if self.finder is None:
            return None
        return FinderMap(self.finder.hidden(view.levels), view.share, view.pools)

    def sum_up(self, seen: FinderMap) -> tuple[Tensor, CellFindings]:
        """Pool and scale what the finder read, and tell what it found in every cell.

        Raises
        ------
        ValueError
            If the adapter has no finder.
        """
        if self.finder is None:
            raise ValueError("this pooling has no lesion finder")
        summary, found = self.finder.sum_up(seen.hidden, seen.share)
        return self.scaled(seen.pools, summary), found

    def scaled(self, pools: Tensor, summary: Tensor | None) -> Tensor:
        """Join as `joined` does and bring to the scale that the perceptron learned from."""
        return (self.joined(pools, summary) - self.mean) / self.spread

    def raw(self, view: ExpertView) -> Tensor:
        """Pool without scaling, which training needs to find the scale."""
        summary = self.finder(view.levels, view.share) if self.finder else None
        return self.joined(view.pools, summary)

    def joined(self, pools: Tensor, summary: Tensor | None) -> Tensor:
        """Put together the pools that are wanted and the finder's summary, (images, width)."""
        parts = [pools[:, index] for index in self._pools]
        return torch.cat(parts if summary is None else [*parts, summary], dim=1)


def pooled_width(channels: int, pooling: Pooling) -> int:
    """Size of what an adapter gives."""
    names = pooling.split("+")
    return sum(SUMMARY_WIDTH if name == _LESIONS else channels for name in names)


class UMiCon(nn.Module):
    """An adapter per expert, then one perceptron of six linear layers with GELU between them.

    Parameters
    ----------
    spec
        Pooling and widths.
    experts
        By the paper's names; all of one width, so that one perceptron serves all.
    """

    def __init__(self, spec: UMiConSpec, experts: Mapping[str, EncoderSpec]) -> None:
        super().__init__()
        self.spec = spec
        self.adapters = nn.ModuleDict(
            {name: ExpertAdapter(expert, spec.pooling) for name, expert in experts.items()}
        )
        channels = next(iter(experts.values())).width
        widths = (pooled_width(channels, spec.pooling), *spec.hidden, spec.size)
        layers: list[nn.Module] = []
        for inward, outward in pairwise(widths):
            layers += [nn.Linear(inward, outward), nn.GELU(), nn.Dropout(spec.dropout)]
        self.perceptron = nn.Sequential(*layers[:-2])

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
