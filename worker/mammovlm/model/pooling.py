"""From a feature map to one vector: over the whole map, or over the breast alone."""

import torch
from torch import Tensor
from torch.nn import functional

from mammovlm.model.presets import Pooling

_GEM_POWER = 3.0


def breast_share(grey: Tensor, like: Tensor) -> Tensor:
    """Share of each cell of a feature map that is breast, not background.

    Parameters
    ----------
    grey
        Model input, (batch, 1, rows, columns), background 0.
    like
        The feature map.

    Returns
    -------
    Tensor
        (batch, 1, rows, columns) of the map, 0..1.
    """
    rows, columns = like.shape[-2:]
    return functional.adaptive_avg_pool2d((grey > 0).to(like.dtype), (rows, columns))


def mean_and_spread(features: Tensor, share: Tensor) -> Tensor:
    """Mean and standard deviation of every channel inside the breast.

    Returns
    -------
    Tensor
        (batch, 2 × channels).
    """
    area = share.sum((2, 3)).clamp_min(1e-6)
    mean = (features * share).sum((2, 3)) / area
    squares = (features - mean[:, :, None, None]).square() * share
    return torch.cat([mean, (squares.sum((2, 3)) / area).sqrt()], dim=1)


def pooled(features: Tensor, share: Tensor, pooling: Pooling) -> Tensor:
    """One vector per image, for UMiCon.

    Parameters
    ----------
    features
        (batch, channels, rows, columns).
    share
        From `breast_share`.
    pooling
        "mean" as in the paper's reading; "max", "gem" (generalised mean, power 3) and "mean+max"
        keep a small lesion from being averaged away.

    Returns
    -------
    Tensor
        (batch, channels × number of names).
    """
    parts = [_POOLS[name](features, share) for name in pooling.split("+")]
    return torch.cat(parts, dim=1)


def _mean(features: Tensor, share: Tensor) -> Tensor:
    return (features * share).sum((2, 3)) / share.sum((2, 3)).clamp_min(1e-6)


def _max(features: Tensor, share: Tensor) -> Tensor:
    return (features * (share > 0.5)).amax((2, 3))


def _generalised_mean(features: Tensor, share: Tensor) -> Tensor:
    return _mean(features.clamp_min(0).pow(_GEM_POWER), share).pow(1 / _GEM_POWER)


_POOLS = {"mean": _mean, "max": _max, "gem": _generalised_mean}
