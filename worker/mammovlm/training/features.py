"""The encoders of `compact` as stages take them: the selector's, frozen; experts to be trained.

A frozen encoder keeps its ImageNet BatchNorm statistics (evaluation mode), so a cached feature is
the feature that the model computes at inference.
"""

from pathlib import Path

import torch
from torch import Tensor

from mammovlm.model.density_selector import density_features
from mammovlm.model.encoders import Encoder, create_encoder
from mammovlm.model.packaged_weights import load_lite
from mammovlm.model.presets import PRESETS, Preset


class CompactEncoders:
    """The selector's encoder, and experts that know ImageNet and nothing else yet.

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
        self._cache_dir = cache_dir
        self._selector = create_encoder(self.preset.selector)
        load_lite(self._selector.backbone, self.preset.selector.architecture, cache_dir)

    def new_expert(self, name: str) -> Encoder:
        """Build an expert with its ImageNet weights, in evaluation mode."""
        spec = self.preset.experts[name]
        encoder = create_encoder(spec)
        load_lite(encoder.backbone, spec.architecture, self._cache_dir)
        return encoder

    @torch.inference_mode()
    def selector_features(self, grey: Tensor) -> Tensor:
        """Compute what the density head reads, (images, features), from (images, 1, …, …)."""
        return density_features(self._selector(grey), grey)
