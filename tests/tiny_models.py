"""A whole MammoVLM of the same classes with random weights: for what fits, never for numbers."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from mammovlm.findings import ModelPart
from mammovlm.model.density_selector import DensityHead, density_features
from mammovlm.model.encoders import Encoder, create_encoder
from mammovlm.model.fusion import Fusion
from mammovlm.model.heads import HEAD_NAMES, Head
from mammovlm.model.image_processor import Placement
from mammovlm.model.language_model import SoftPrefixLanguageModel
from mammovlm.model.language_model_base import Base
from mammovlm.model.model_input import ModelInput, ViewInput
from mammovlm.model.parts import JointParts, LoadedParts, SelectorParts
from mammovlm.model.presets import PRESETS, EncoderSpec, Pooling, Preset
from mammovlm.model.soft_prefix import Lift
from mammovlm.model.text_encoder import TextBranch, TextEncoder
from mammovlm.model.umicon import UMiCon
from mammovlm.model.visual_moe import VisualMoE
from mammovlm.study import HANGING_ORDER, Slot
from tiny_language_models import tiny_model, tiny_tokenizer

from transformers import BertConfig, BertModel  # isort: skip  # after mammovlm's guard

_ROWS, _COLUMNS, _WIDTH = 128, 96, 64


def tiny_preset(pooling: Pooling = "mean") -> Preset:
    """Shrink the paper's preset: transformers, convolutions and routes as there."""
    paper = PRESETS["paper"]
    lesions = "lesions" in pooling
    convolutional = {"stages": (0, 1, 2), "level_channels": (24, 32, 48)}

    def expert(name: str) -> EncoderSpec:
        spec = paper.experts[name]
        if name == "convnext" or lesions:
            more = convolutional if lesions else {"stages": (0, 2)}
            return replace(spec, architecture="test_convnext", width=_WIDTH, options={}, **more)
        return replace(spec, architecture="test_vit", width=_WIDTH, stages=(1, 3))

    return replace(
        paper,
        height=_ROWS,
        width=_COLUMNS,
        selector=replace(paper.selector, architecture="test_resnet", width=96, stages=(1, 3)),
        experts={name: expert(name) for name in paper.experts},
        text=replace(paper.text, architecture="tiny BERT", width=32, max_tokens=96),
        umicon=replace(paper.umicon, pooling=pooling, hidden=(48, 48), size=128),
    )


def tiny_parts(pooling: Pooling = "mean") -> LoadedParts:
    """Build every part at random, always the same; densities, and so experts, vary by study."""
    torch.manual_seed(1)
    preset = tiny_preset(pooling)
    encoder = create_encoder(preset.selector)
    selector = SelectorParts(encoder, _density_head(encoder))
    experts = {name: create_encoder(spec) for name, spec in preset.experts.items()}
    part = ModelPart("every part", "tiny", None, "nothing")
    return LoadedParts(
        preset=preset,
        selector=selector,
        moe=VisualMoE(preset, experts, tuple(experts)),
        joint=_joint(preset),
        language_model=_language_model(part),
        identities=(part,),
        training_note="Nothing is trained: this is a test.",
    )


def _density_head(encoder: Encoder) -> DensityHead:
    """Fit the scale of a random head to some images, so that every density comes up."""
    with torch.inference_mode():
        grey = torch.cat([torch.from_numpy(tiny_view(seed).grey)[None] for seed in range(12)])
        features = density_features(encoder(grey), grey)
        head = DensityHead(features.shape[1]).train(False)
        head.feature_mean.copy_(features.mean(0))
        head.feature_spread.copy_(features.std(0) + 1e-3)
        scores: Tensor = head.score((features - head.feature_mean) / head.feature_spread)
        head.score.weight.mul_(2 / scores.std())
        head.bias.copy_(torch.tensor([0.0, 1.5, 1.5, 0.0]))  # without, A and D win every time
    return head


def _joint(preset: Preset) -> JointParts:
    size, width = preset.umicon.size, preset.text.width
    tokenizer = tiny_tokenizer()
    config = BertConfig(
        vocab_size=128,
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
    )
    text = TextEncoder(preset.text, BertModel(config, add_pooling_layer=False), tokenizer)
    heads = {name: Head(2 * size, 5) for name in HEAD_NAMES}
    modules: tuple[nn.Module, ...] = (
        UMiCon(preset.umicon, preset.experts),
        text,
        TextBranch(width, size),
        Fusion(size),
    )
    for module in (*modules, *heads.values()):
        module.train(False)
    umicon, _, branch, fusion = modules
    assert isinstance(umicon, UMiCon)
    assert isinstance(branch, TextBranch)
    assert isinstance(fusion, Fusion)
    return JointParts(umicon, text, branch, fusion, heads)


def _language_model(part: ModelPart) -> SoftPrefixLanguageModel:
    causal_lm = tiny_model("glm").train(False)
    return SoftPrefixLanguageModel(
        part, Base(causal_lm, tiny_tokenizer(), "tiny", "0" * 64), Lift(128, 32, 1).train(False)
    )


def tiny_view(seed: int, slot: Slot = HANGING_ORDER[0]) -> ViewInput:
    """Draw a prepared image: a bright half disc, more or less textured."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:_ROWS, 0:_COLUMNS]
    inside = ((y - _ROWS / 2) / (_ROWS * 0.45)) ** 2 + (x / (_COLUMNS * 0.8)) ** 2 < 1
    fine = rng.random((_ROWS, _COLUMNS))
    grey = np.where(inside, rng.uniform(0.1, 0.6) + rng.uniform(0, 0.4) * fine, 0)
    placement = Placement(row=3, column=2, scale=0.5, rows_above=1, mirrored_width=None)
    return ViewInput(
        slot=slot,
        sop_instance_uid=f"1.2.{seed}",
        grey=grey[None].astype(np.float32),
        placement=placement,
        rows=300,
        columns=240,
        metadata={"age": str(30 + seed % 60), "sex": "F"} if seed % 3 else {},
    )


def tiny_study(seed: int, slots: tuple[Slot, ...] = HANGING_ORDER) -> ModelInput:
    """Draw a prepared study with these views."""
    views = tuple(tiny_view(10 * seed + place, slot) for place, slot in enumerate(slots))
    missing = tuple(slot for slot in HANGING_ORDER if slot not in slots)
    return ModelInput(f"1.2.3.{seed}", views, missing)
