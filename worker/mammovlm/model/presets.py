"""The two sizes of MammoVLM: `paper`, as printed, and `compact`, which runs on two cores.

Sizes, names and routes follow the MammoVLM paper, section 3.1, 3.2 and 4.2 (four-systems 1.2). In
`compact` every encoder is a stand-in and is called so wherever its name appears.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from mammovlm.findings import DensityCategory

Pooling = Literal["mean", "max", "gem", "mean+max", "lesions", "mean+lesions"]
Triple = tuple[float, float, float]

_IMAGENET_MEAN: Triple = (0.485, 0.456, 0.406)
_IMAGENET_STD: Triple = (0.229, 0.224, 0.225)
_CLIP_MEAN: Triple = (0.48145466, 0.4578275, 0.40821073)
_CLIP_STD: Triple = (0.26862954, 0.26130258, 0.27577711)
_LITE_MEAN: Triple = (127 / 255, 127 / 255, 127 / 255)
_LITE_STD: Triple = (128 / 255, 128 / 255, 128 / 255)


@dataclass(frozen=True)
class EncoderSpec:
    """One image encoder.

    Parameters
    ----------
    name
        The paper's name for its role: "selector", "clip", "dinov2" or "convnext".
    architecture
        Name in timm's registry.
    width
        Channels of the last feature map.
    mean, std
        Normalisation of an input in 0..1, per channel.
    stages
        timm's indices of the feature maps before the last, fine to coarse.
    level_channels
        Of those maps; empty where UMiCon's pooling reads the last map alone.
    truncated
        True where the network ends with the last of ``stages``: what follows is never computed,
        and that map is the last one.
    reduction
        The encoder reads the input smaller by this factor, the mean of so many pixels squared.
    options
        Further arguments for ``timm.create_model``.
    stand_in
        True where the architecture is not the paper's.
    """

    name: str
    architecture: str
    width: int
    mean: Triple
    std: Triple
    stages: tuple[int, ...]
    level_channels: tuple[int, ...] = ()
    truncated: bool = False
    reduction: int = 1
    options: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))
    stand_in: bool = False

    @property
    def label(self) -> str:
        """What findings and reports call it."""
        return f"{self.name} (stand-in {self.architecture})" if self.stand_in else self.name


@dataclass(frozen=True)
class TextEncoderSpec:
    """The text encoder of UMiCon (four-systems A23).

    Parameters
    ----------
    architecture
        As the report names it.
    width
        Size of the pooled text feature.
    pooling
        Mean over tokens (MiniLM) or the first token (BERT's [CLS], as in the paper).
    max_tokens
        Longer texts are cut.
    """

    architecture: str
    width: int
    pooling: Literal["mean", "first"]
    max_tokens: int


@dataclass(frozen=True)
class UMiConSpec:
    """The projection into the shared space (paper 3.2.2; four-systems 1.2).

    Parameters
    ----------
    pooling
        How the last feature map becomes one vector (the paper does not say); see
        `mammovlm.model.umicon`.
    hidden
        Widths of the hidden layers, five in the paper; with none UMiCon is a linear map.
    size
        C, the size of an embedding.
    dropout
        Between hidden layers, in training only.
    """

    pooling: Pooling
    hidden: tuple[int, ...] = (512, 512, 256, 256, 128)
    size: int = 128
    dropout: float = 0.0


@dataclass(frozen=True)
class Preset:
    """Every size of one MammoVLM.

    Parameters
    ----------
    name
        "compact" or "paper".
    height, width
        Of the letterboxed input, in pixels (four-systems A17).
    selector
        Encoder of the density selector.
    experts
        By the paper's name.
    routes
        Which expert serves which density (paper 3.1, table 6); weights may tell others, measured.
    fallback
        The expert that serves a density whose own is untrained (four-systems A7).
    text, umicon
        The text branch and the projection.
    """

    name: Literal["compact", "paper"]
    height: int
    width: int
    selector: EncoderSpec
    experts: Mapping[str, EncoderSpec]
    routes: Mapping[DensityCategory, str]
    fallback: str
    text: TextEncoderSpec
    umicon: UMiConSpec


_ROUTES: Mapping[DensityCategory, str] = MappingProxyType(
    {
        DensityCategory.A: "clip",
        DensityCategory.B: "dinov2",
        DensityCategory.C: "convnext",
        DensityCategory.D: "convnext",
    }
)


def _lite_expert(name: str) -> EncoderSpec:
    """Look at the full input, as far as the maps of 16 pixels a cell."""
    return EncoderSpec(
        name=name,
        architecture="tf_efficientnet_lite0",
        width=112,
        mean=_LITE_MEAN,
        std=_LITE_STD,
        stages=(1, 2, 3),
        level_channels=(24, 40, 112),
        truncated=True,
        stand_in=True,
    )


_COMPACT = Preset(
    name="compact",
    height=1008,
    width=800,
    selector=EncoderSpec(
        name="selector",
        architecture="tf_efficientnet_lite0",
        width=1280,
        mean=_LITE_MEAN,
        std=_LITE_STD,
        stages=(0, 1, 2, 3),
        reduction=2,
        stand_in=True,
    ),
    experts=MappingProxyType({name: _lite_expert(name) for name in ("clip", "dinov2", "convnext")}),
    routes=_ROUTES,
    fallback="convnext",
    text=TextEncoderSpec("all-MiniLM-L6-v2", 384, "mean", 128),
    umicon=UMiConSpec(pooling="lesions", dropout=0.5),
)

_PAPER = Preset(
    name="paper",
    height=1008,
    width=800,
    selector=EncoderSpec("selector", "resnet50", 2048, _IMAGENET_MEAN, _IMAGENET_STD, (1, 3)),
    experts=MappingProxyType(
        {
            "clip": EncoderSpec(
                "clip",
                "vit_base_patch16_clip_224",
                768,
                _CLIP_MEAN,
                _CLIP_STD,
                (2, 7),
                options=MappingProxyType({"dynamic_img_size": True}),
            ),
            "dinov2": EncoderSpec(
                "dinov2",
                "vit_base_patch14_dinov2",
                768,
                _IMAGENET_MEAN,
                _IMAGENET_STD,
                (2, 7),
                options=MappingProxyType({"dynamic_img_size": True, "dynamic_img_pad": True}),
            ),
            "convnext": EncoderSpec(
                "convnext", "convnext_tiny", 768, _IMAGENET_MEAN, _IMAGENET_STD, (0, 2)
            ),
        }
    ),
    routes=_ROUTES,
    fallback="convnext",
    text=TextEncoderSpec("MacBERT-base", 768, "first", 512),
    umicon=UMiConSpec(pooling="mean"),
)

PRESETS: Mapping[str, Preset] = MappingProxyType({"compact": _COMPACT, "paper": _PAPER})
"""The presets by the name that the setting `preset` gives."""
