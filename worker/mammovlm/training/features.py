"""What the frozen encoders see in one image, pooled in every way, computed once and kept.

Frozen encoders keep their ImageNet BatchNorm statistics (evaluation mode), so a cached feature is
the feature that the model computes at inference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from mammovlm.model.density_selector import density_features
from mammovlm.model.encoders import Encoder, create_encoder
from mammovlm.model.packaged_weights import lite_tensors
from mammovlm.model.pooling import breast_share, pooled
from mammovlm.model.presets import PRESETS, Pooling, Preset
from mammovlm.model.weights import load_into

POOLS: tuple[Pooling, ...] = ("mean", "max", "gem")


@dataclass(frozen=True)
class ExamFeatures:
    """Features of a few images, row by row.

    Parameters
    ----------
    selector
        What the density head reads, float32, (images, features).
    experts
        By the paper's name: float16, (images, 3, channels), pooled as `POOLS` lists.
    """

    selector: Tensor
    experts: Mapping[str, Tensor]


class FrozenEncoders:
    """The selector's encoder and every expert of `compact`, with their ImageNet weights.

    Parameters
    ----------
    cache_dir
        Where converted weights are kept.

    Raises
    ------
    WeightsUnusable
        Where a weights package is missing or changed.
    """

    def __init__(self, cache_dir: Path) -> None:
        self.preset: Preset = PRESETS["compact"]
        backbones: dict[str, nn.Module] = {}

        def build(name: str) -> Encoder:
            spec = self.preset.experts.get(name, self.preset.selector)
            encoder = create_encoder(spec, backbones.get(spec.architecture))
            if spec.architecture not in backbones:
                tensors = lite_tensors(spec.architecture, cache_dir)
                load_into(encoder.backbone, tensors, spec.architecture)
                backbones[spec.architecture] = encoder.backbone
            return encoder

        self._selector = build("selector")
        self._experts = {name: build(name) for name in self.preset.experts}

    @torch.inference_mode()
    def see(self, grey: Tensor, *, experts: bool = True) -> ExamFeatures:
        """Compute all features of a batch.

        Parameters
        ----------
        grey
            As `ImageProcessor` gives it, (images, 1, rows, columns).
        experts
            False: the selector's features only.
        """
        maps = self._selector(grey)
        seen: dict[str, Tensor] = {}
        for name, encoder in self._experts.items() if experts else ():
            shared = encoder.backbone is self._selector.backbone
            last = maps.last if shared else encoder(grey).last
            share = breast_share(grey, last)
            pools = [pooled(last, share, pool) for pool in POOLS]
            seen[name] = torch.stack(pools, dim=1).half()
        return ExamFeatures(density_features(maps, grey), seen)


def choose_pool(features: Tensor, pooling: Pooling) -> Tensor:
    """Give what UMiCon would pool, (images, width), from cached (images, 3, channels)."""
    return torch.cat([features[:, POOLS.index(name)] for name in _names(pooling)], dim=1).float()


def _names(pooling: Pooling) -> list[Pooling]:
    return [pool for pool in POOLS if pool in pooling.split("+")]
