"""The frozen encoders of `compact`: what selector and experts see, computed once per image.

Frozen encoders keep their ImageNet BatchNorm statistics (evaluation mode), so a cached feature is
the feature that the model computes at inference.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

from mammovlm.model.density_selector import density_features
from mammovlm.model.encoders import Encoder, create_encoder
from mammovlm.model.lesion_cells import ExpertView, expert_view
from mammovlm.model.packaged_weights import lite_tensors
from mammovlm.model.presets import PRESETS, Preset
from mammovlm.model.weights import load_into


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
    def selector_features(self, grey: Tensor) -> Tensor:
        """Compute what the density head reads, (images, features), from (images, 1, …, …)."""
        return density_features(self._selector(grey), grey)

    @torch.inference_mode()
    def expert_view(self, name: str, grey: Tensor) -> ExpertView:
        """Compute what an expert offers to UMiCon."""
        return expert_view(self._experts[name](grey), grey)
