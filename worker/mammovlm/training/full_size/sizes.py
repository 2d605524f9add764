"""The true sizes of `paper`, and tiny ones of the same classes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, Literal

from mammovlm.model.presets import PRESETS, EncoderSpec, Preset, TextEncoderSpec, UMiConSpec
from mammovlm.model.torchvision_operators import declare_missing_operators
from mammovlm.training.full_size.plan import FULL_SIZE, FullStage, StagePlan

declare_missing_operators()

from transformers import BertConfig, GlmConfig  # noqa: E402 - after the guard

SizeName = Literal["true", "tiny"]


@dataclass(frozen=True)
class Sizes:
    """Everything that has a size.

    Parameters
    ----------
    preset
        Of images, encoders and UMiCon.
    text
        Of the text encoder.
    language_model
        Of the language model.
    text_tokens
        Length of a metadata text or report.
    prompt_tokens, answer_tokens
        Length of a question with its facts, and of its answer.
    lora_rank
        Of the LoRA pairs.
    plans
        By stage.
    """

    preset: Preset
    text: BertConfig
    language_model: GlmConfig
    text_tokens: int
    prompt_tokens: int
    answer_tokens: int
    lora_rank: int
    plans: Mapping[FullStage, StagePlan]


def sizes_of(name: SizeName) -> Sizes:
    """Give the paper's sizes, or tiny ones."""
    return _true() if name == "true" else _tiny()


def _true() -> Sizes:
    return Sizes(
        preset=PRESETS["paper"],
        text=BertConfig(vocab_size=21_128),  # MacBERT-base; the other defaults are BERT-base's
        language_model=GlmConfig(),  # its defaults are GLM-4-9B's
        text_tokens=128,
        prompt_tokens=384,
        answer_tokens=150,
        lora_rank=8,
        plans=FULL_SIZE,
    )


_TINY_EXPERTS: Final = {"clip": "test_vit", "dinov2": "test_vit", "convnext": "test_convnext"}


def _tiny() -> Sizes:
    paper = PRESETS["paper"]
    experts = {
        name: replace(spec, architecture=_TINY_EXPERTS[name], width=64, stages=_tiny_stages(spec))
        for name, spec in paper.experts.items()
    }
    return Sizes(
        preset=replace(
            paper,
            height=64,
            width=48,
            selector=replace(paper.selector, architecture="test_resnet", width=96),
            experts=MappingProxyType(experts),
            text=TextEncoderSpec("tiny BERT", 32, "first", 16),
            umicon=UMiConSpec(pooling="mean", hidden=(32, 32, 32, 32, 32), size=16),
        ),
        text=BertConfig(
            vocab_size=60,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
        ),
        language_model=GlmConfig(**_TINY_GLM),
        text_tokens=8,
        prompt_tokens=24,
        answer_tokens=8,
        lora_rank=2,
        plans=MappingProxyType({stage: _tiny_plan(plan) for stage, plan in FULL_SIZE.items()}),
    )


_TINY_GLM: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "vocab_size": 120,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "pad_token_id": 0,
        "eos_token_id": 0,
    }
)


def _tiny_stages(spec: EncoderSpec) -> tuple[int, ...]:
    return (1, 4) if spec.architecture.startswith("vit") else spec.stages


def _tiny_plan(plan: StagePlan) -> StagePlan:
    """Take the same batch in parts of one, in float32, with a rate that shows in a few steps.

    Means in the place of sums: losses then compare by their digits, whatever the batch.
    """
    return replace(plan, at_once=1, precision="no", rate=1e-3, warm_up=1, reduction="mean")
