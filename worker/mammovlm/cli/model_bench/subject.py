"""What is measured: the shipped model, or one of the paper's sizes with weights drawn at random."""

from dataclasses import dataclass, replace
from typing import Any, Final

import torch
from torch import nn

from mammovlm.findings import DensityCategory, ModelPart
from mammovlm.model.density_selector import DensityHead, density_features
from mammovlm.model.device import ComputeDevice
from mammovlm.model.encoders import Encoder, create_encoder
from mammovlm.model.fusion import Fusion
from mammovlm.model.heads import HEAD_NAMES, Head
from mammovlm.model.language_model import SoftPrefixLanguageModel
from mammovlm.model.language_model_base import compact_base, compact_precision
from mammovlm.model.mammovlm import MammoVLM
from mammovlm.model.parts import JointParts, LoadedParts, SelectorParts, load_parts
from mammovlm.model.presets import EncoderSpec, Preset
from mammovlm.model.text_encoder import TextBranch, TextEncoder
from mammovlm.model.torchvision_operators import declare_missing_operators
from mammovlm.model.umicon import UMiCon
from mammovlm.model.visual_moe import VisualMoE
from mammovlm.settings import Settings
from mammovlm.training.full_size.sizes import SizeName, Sizes, sizes_of

declare_missing_operators()

from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: E402 - after the guard
from transformers import BertModel, GlmForCausalLM, PreTrainedTokenizerFast  # noqa: E402

RANDOM: Final = "random weights, for timing only"
_ROOM: Final = 1.15
"""A language model is left out where less than its weights times this is free."""


@dataclass(frozen=True)
class Subject:
    """A model to be measured.

    Parameters
    ----------
    label
        How every line that shows its numbers calls it.
    parts
        Its networks.
    compute
        Where and in which precision.
    causal_lm
        The language model; None where it is left out.
    left_out
        Why it is; else empty.
    is_random
        True where the weights are drawn at random.
    """

    label: str
    parts: LoadedParts
    compute: ComputeDevice
    causal_lm: Any
    left_out: str = ""
    is_random: bool = False

    @property
    def preset(self) -> Preset:
        """Its sizes."""
        return self.parts.preset

    def routed_to(self, expert: str) -> MammoVLM:
        """Give the model with every study shown to one expert, whatever its density."""
        routes = dict.fromkeys(DensityCategory, expert)
        preset = replace(self.preset, routes=routes)
        moe = VisualMoE(preset, _modules(self.parts.moe), tuple(self.parts.moe.experts))
        return MammoVLM(replace(self.parts, preset=preset, moe=moe))


def shipped(settings: Settings, compute: ComputeDevice) -> Subject:
    """Load `compact` with its weights; the language model without its LoRA, which is merged.

    Raises
    ------
    WeightsUnusable
        Where weights are missing or damaged.
    """
    precision = compute.words or compact_precision()
    base = compact_base(settings.cache_dir, precision, compute)
    return Subject("compact", load_parts(settings), compute, base.causal_lm)


def random_subject(size: SizeName, compute: ComputeDevice, *, words: bool = True) -> Subject:
    """Build `paper`, or tiny networks of its classes, with weights drawn at random.

    Parameters
    ----------
    words
        Whether the language model is wanted; it is left out too where it does not fit.
    """
    torch.manual_seed(0)
    sizes = sizes_of(size)
    causal_lm, left_out = None, "the language model was left out (--no-words)"
    if words:
        causal_lm, left_out = _language_model(sizes, compute)
    name = "paper" if size == "true" else "tiny"
    return Subject(
        f"{name} ({RANDOM})", _parts(sizes, compute), compute, causal_lm, left_out, is_random=True
    )


def _parts(sizes: Sizes, compute: ComputeDevice) -> LoadedParts:
    preset, size = sizes.preset, sizes.preset.umicon.size
    selector = _encoder(preset.selector, compute)
    empty = torch.zeros(1, 1, 64, 64, device=compute.device)
    with torch.inference_mode():
        width = density_features(selector(empty), empty).shape[1]
    small = {
        "umicon": UMiCon(preset.umicon, preset.experts),
        "text_branch": TextBranch(preset.text.width, size),
        "fusion": Fusion(size),
    }
    joint: dict[str, Any] = {
        name: module.eval().to(compute.device) for name, module in small.items()
    }
    heads = {name: Head(2 * size, members=100).eval().to(compute.device) for name in HEAD_NAMES}
    experts = {name: _encoder(spec, compute) for name, spec in preset.experts.items()}
    part = ModelPart("language model", "random", None, RANDOM)
    return LoadedParts(
        preset=preset,
        selector=SelectorParts(selector, DensityHead(width).eval().to(compute.device)),
        moe=VisualMoE(preset, experts, tuple(experts)),
        joint=JointParts(text_encoder=_text_encoder(sizes, compute), heads=heads, **joint),
        language_model=SoftPrefixLanguageModel(part),
        identities=(part,),
        training_note=RANDOM,
    )


def _encoder(spec: EncoderSpec, compute: ComputeDevice) -> Encoder:
    encoder = create_encoder(spec)
    encoder.backbone.to(compute.device, compute.vision)
    return encoder.to(compute.device)


def _text_encoder(sizes: Sizes, compute: ComputeDevice) -> TextEncoder:
    """Build the text encoder with a tokenizer that knows no word but counts them right."""
    inner = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1}, unk_token="[UNK]"))  # noqa: S106
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=inner,
        pad_token="[PAD]",  # noqa: S106  a filler, not a secret
        unk_token="[UNK]",  # noqa: S106
    )
    bert = BertModel(sizes.text, add_pooling_layer=False)
    encoder = TextEncoder(sizes.preset.text, bert, tokenizer).eval()
    return encoder.to(compute.device, compute.vision)


def _language_model(sizes: Sizes, compute: ComputeDevice) -> tuple[Any, str]:
    dtype = compute.words or torch.bfloat16
    with torch.device("meta"):
        weights = sum(each.numel() for each in GlmForCausalLM(sizes.language_model).parameters())
    needed, free = weights * dtype.itemsize, compute.free_bytes()
    if needed * _ROOM > free:
        gib = 2**30
        return None, (
            f"its language model needs {needed / gib:.1f} GiB in {dtype}; {free / gib:.1f} GiB "
            "are free here, so it was left out"
        )
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with compute.device:
            causal_lm: nn.Module = GlmForCausalLM(sizes.language_model)
    finally:
        torch.set_default_dtype(before)
    return causal_lm.train(mode=False), ""


def _modules(moe: VisualMoE) -> dict[str, Encoder]:
    return {name: moe.expert(name) for name in moe.experts}
