"""Image encoders by name: a grey image in, three feature maps out."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mammovlm.model.presets import EncoderSpec
from mammovlm.model.torchvision_operators import declare_missing_operators

declare_missing_operators()

import timm  # noqa: E402  the operators must be there before timm imports torchvision


@dataclass(frozen=True)
class FeatureMaps:
    """What an encoder saw.

    Parameters
    ----------
    levels
        Fine to coarse, float32, (batch, channels, rows, columns) each.
    last
        Of the encoder's ``width`` channels.
    """

    levels: tuple[Tensor, ...]
    last: Tensor

    @property
    def early(self) -> Tensor:
        """An early level: fine texture."""
        return self.levels[(len(self.levels) - 1) // 2]

    @property
    def middle(self) -> Tensor:
        """The coarsest of the levels, still finer than the last map."""
        return self.levels[-1]


class Encoder(nn.Module):
    """A timm backbone that takes grey images of any preset's size.

    Parameters
    ----------
    spec
        Which backbone.
    backbone
        A network of that architecture to share; a new one where None.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, spec: EncoderSpec, backbone: nn.Module | None = None) -> None:
        super().__init__()
        self.spec = spec
        self.backbone: nn.Module = backbone or _backbone(spec)
        self.register_buffer("mean", torch.tensor(spec.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(spec.std).view(1, 3, 1, 1), persistent=False)

    def forward(self, grey: Tensor) -> FeatureMaps:
        """Encode grey images.

        Parameters
        ----------
        grey
            float32, (batch, 1, rows, columns), 0..1, background 0.

        Returns
        -------
        FeatureMaps
            Class and register tokens of a transformer are left out.
        """
        if self.spec.reduction > 1:
            grey = functional.avg_pool2d(grey, self.spec.reduction)
        colour = ((grey.expand(-1, 3, -1, -1) - self.mean) / self.std).to(self._dtype)
        stages = list(self.spec.stages)
        if self.spec.truncated:
            levels = self.backbone.forward_intermediates(  # type: ignore[operator]
                colour, indices=stages, output_fmt="NCHW", intermediates_only=True, stop_early=True
            )
            levels = [level.float() for level in levels]
            return FeatureMaps(tuple(levels), levels[-1])
        last, levels = self.backbone.forward_intermediates(  # type: ignore[operator]
            colour, indices=stages, output_fmt="NCHW"
        )
        last_map = self._as_map(last, like=levels[-1]).float()
        return FeatureMaps(tuple(level.float() for level in levels), last_map)

    @property
    def _dtype(self) -> torch.dtype:
        """Precision of the backbone; what goes in and comes out is float32."""
        return next(self.backbone.parameters()).dtype

    def _as_map(self, last: Tensor, like: Tensor) -> Tensor:
        """Lay a transformer's tokens out as the map they came from."""
        if last.dim() == 4:
            return last
        rows, columns = like.shape[-2:]
        patches = last[:, last.shape[1] - rows * columns :]
        return patches.transpose(1, 2).reshape(last.shape[0], -1, rows, columns)


def _backbone(spec: EncoderSpec) -> nn.Module:
    created: nn.Module = timm.create_model(
        spec.architecture, pretrained=False, num_classes=0, **dict[str, Any](spec.options)
    )
    if spec.truncated:
        created.prune_intermediate_layers(  # type: ignore[operator]
            list(spec.stages), prune_norm=True, prune_head=True
        )
    return created


def empty_backbone(spec: EncoderSpec) -> nn.Module:
    """Make a backbone without memory for its weights, to be given some by assignment."""
    with torch.device("meta"):
        return _backbone(spec)


def create_encoder(spec: EncoderSpec, backbone: nn.Module | None = None) -> Encoder:
    """Build an encoder in evaluation mode, without trained weights unless its backbone has some.

    Evaluation mode keeps BatchNorm's stored statistics: an exam of four views is no batch to
    estimate them from.
    """
    encoder = Encoder(spec, backbone).eval()
    # measured on two cores: a fifth to a quarter less time for EfficientNet-Lite
    return encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
