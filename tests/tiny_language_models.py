"""Language models of a few thousand random weights: for shapes and gradients, never for words."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch

from mammovlm.model.language_model import PART
from mammovlm.model.language_model_base import folder_base
from mammovlm.model.language_model_tuning import Tuning, lora_tensors, save_tuning, with_lora
from mammovlm.model.soft_prefix import Lift
from mammovlm.model.torchvision_operators import declare_missing_operators
from mammovlm.model.weights import WeightsFolder

declare_missing_operators()

from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: E402
from transformers import (  # noqa: E402
    GlmConfig,
    GlmForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

END, UNKNOWN = "<end>", "<unk>"
CHAT = (
    "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}<end>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """Make a tokenizer with one token per character and a chat template."""
    letters = [chr(code) for code in range(32, 127)] + ["\n"]
    special = [END, "<system>", "<user>", "<assistant>", UNKNOWN]
    vocabulary = {text: number for number, text in enumerate([*special, *letters])}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    inner.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=inner,
        eos_token=END,
        pad_token=END,
        unk_token=UNKNOWN,
        additional_special_tokens=special[1:4],
    )
    tokenizer.chat_template = CHAT
    return tokenizer


def tiny_model(kind: str) -> PreTrainedModel:
    """Build a random "llama", "glm" or "qwen2" of two layers."""
    torch.manual_seed(0)
    sizes: dict[str, Any] = {
        "vocab_size": 104,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "pad_token_id": 0,
        "eos_token_id": 0,
        "max_position_embeddings": 2048,
    }
    if kind == "glm":
        return GlmForCausalLM(GlmConfig(**sizes))
    if kind == "qwen2":
        return Qwen2ForCausalLM(Qwen2Config(**sizes))
    return LlamaForCausalLM(LlamaConfig(**sizes, tie_word_embeddings=True))


def save_tiny(kind: str, folder: Path) -> None:
    """Write a tiny model and its tokenizer as transformers lays them out."""
    tiny_model(kind).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)


def weights_folder(folder: Path, kind: str, base_sha256: str | None = None) -> WeightsFolder:
    """Make a folder with a base, a tuning of random LoRA pairs on it, and the card."""
    save_tiny(kind, folder / PART)
    base = folder_base(folder / PART)
    torch.manual_seed(1)
    lift = Lift(128, 32)
    pairs = lora_tensors(with_lora(base.causal_lm, rank=2, scaling=2.0))
    tuning = Tuning(
        lift.linear.weight,
        lift.linear.bias,
        {name: torch.randn_like(tensor) * 0.2 for name, tensor in pairs.items()},
        2.0,
        base_sha256 or base.sha256,
    )
    save_tuning(tuning, folder / "tuned.safetensors", {"trained_on": "nothing"})
    sha256 = hashlib.sha256((folder / "tuned.safetensors").read_bytes()).hexdigest()
    part = {"file": "tuned.safetensors", "sha256": sha256, "trained_on": "nothing"}
    (folder / "card.json").write_text(json.dumps({"parts": {PART: part}}))
    return WeightsFolder(folder)
