"""Language models of a few thousand random weights: for shapes and gradients, never for words."""

from pathlib import Path
from typing import Any

import torch

from mammovlm.model.torchvision_operators import declare_missing_operators

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
