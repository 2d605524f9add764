"""What an expert offers to UMiCon: its last map pooled, and fine cells in which lesions show.

A lesion of a centimetre is half a cell of the last map (32 pixels); finer maps see it better. Cells
are scaled within each image, so that a dense breast or another vendor's contrast is no lesion.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from mammovlm.model.encoders import FeatureMaps
from mammovlm.model.pooling import breast_share, pooled
from mammovlm.model.presets import Pooling

POOLS: tuple[Pooling, ...] = ("mean", "max", "gem")
_NEIGHBOURHOOD = 7


@dataclass(frozen=True)
class ExpertView:
    """One or more images as an expert sees them.

    Parameters
    ----------
    pools
        The last map pooled as `POOLS` lists, (images, 3, channels).
    cells
        Fine cells, (images, rows, columns, fine channels), scaled within each image.
    share
        How much of a cell is breast, (images, rows, columns).
    """

    pools: Tensor
    cells: Tensor
    share: Tensor


def expert_view(maps: FeatureMaps, grey: Tensor) -> ExpertView:
    """Pool and scale an expert's maps.

    Parameters
    ----------
    maps
        Of the expert.
    grey
        The images that went in, (images, 1, rows, columns).
    """
    last_share = breast_share(grey, maps.last)
    share = breast_share(grey, maps.middle)
    cells = _scaled(_on_one_grid(maps), share)
    return ExpertView(
        pools=torch.stack([pooled(maps.last, last_share, pool) for pool in POOLS], dim=1),
        cells=cells.permute(0, 2, 3, 1),
        share=share[:, 0],
    )


def with_surroundings(cells: Tensor, share: Tensor) -> Tensor:
    """Add to every cell its difference from its surroundings.

    Parameters
    ----------
    cells, share
        (images, rows, columns, channels) and (images, rows, columns).

    Returns
    -------
    Tensor
        (images, rows, columns, 2 × channels).
    """
    features = cells.permute(0, 3, 1, 2)
    inside = (share > 0.3).to(cells.dtype)[:, None]
    mean = _around(features * inside) / _around(inside).clamp_min(1e-3)
    return torch.cat([features, features - mean], dim=1).permute(0, 2, 3, 1)


def _around(image: Tensor) -> Tensor:
    """Mean over the neighbourhood, with zeros beyond the edge."""
    return functional.avg_pool2d(image, _NEIGHBOURHOOD, 1, _NEIGHBOURHOOD // 2)


def _on_one_grid(maps: FeatureMaps) -> Tensor:
    """Bring every level to the coarsest level's grid: its mean and its maximum in every cell."""
    rows, columns = maps.middle.shape[-2:]
    parts = [maps.middle]
    for level in maps.levels[:-1]:
        parts.append(functional.adaptive_avg_pool2d(level, (rows, columns)))
        parts.append(functional.adaptive_max_pool2d(level, (rows, columns)))
    return torch.cat(parts, dim=1)


def _scaled(features: Tensor, share: Tensor) -> Tensor:
    area = share.sum((2, 3), keepdim=True).clamp_min(1.0)
    mean = (features * share).sum((2, 3), keepdim=True) / area
    spread = ((features - mean).square() * share).sum((2, 3), keepdim=True) / area
    return (features - mean) / (spread.sqrt() + 1e-2)
