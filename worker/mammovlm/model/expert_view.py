"""What an expert offers to UMiCon: its last map pooled, and finer maps in which lesions show."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mammovlm.model.encoders import FeatureMaps
from mammovlm.model.pooling import breast_share, pooled
from mammovlm.model.presets import Pooling

POOLS: tuple[Pooling, ...] = ("mean", "max", "gem")


@dataclass(frozen=True)
class ExpertView:
    """One or more images as an expert sees them.

    Parameters
    ----------
    pools
        The last map pooled as `POOLS` lists, (images, 3, channels).
    levels
        The maps before it, fine to coarse, (images, channels, rows, columns) each.
    share
        How much of a cell of the early level is breast, (images, rows, columns).
    """

    pools: Tensor
    levels: tuple[Tensor, ...]
    share: Tensor


def expert_view(maps: FeatureMaps, grey: Tensor) -> ExpertView:
    """Pool an expert's last map and keep the finer ones.

    Parameters
    ----------
    maps
        Of the expert.
    grey
        The images that went in, (images, 1, rows, columns).
    """
    last_share = breast_share(grey, maps.last)
    return ExpertView(
        pools=torch.stack([pooled(maps.last, last_share, pool) for pool in POOLS], dim=1),
        levels=maps.levels,
        share=breast_share(grey, maps.early)[:, 0],
    )
