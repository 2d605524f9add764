"""A language model before it is tuned: out of its package, or out of a local folder.

Folders hold transformers' own layout: ``config.json``, tokenizer, and safetensors in one file or in
shards with their index. Nothing is downloaded and no code of a model is ever run.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import torch
from safetensors import safe_open
from torch import Tensor, nn

from mammovlm.errors import DeviceUnusable, WeightsUnusable
from mammovlm.model.device import CPU, ComputeDevice
from mammovlm.model.language_model_conversion import SMOLLM2, converted_smollm2
from mammovlm.model.torchvision_operators import declare_missing_operators
from mammovlm.model.weights import file_sha256, unchanged

declare_missing_operators()

from transformers import (  # noqa: E402 - after the guard
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils.logging import disable_progress_bar  # noqa: E402

_INDEX: Final = "model.safetensors.index.json"
_WORD_EMBEDDINGS: Final = "model.embed_tokens.weight"
_LOCAL: Final[dict[str, Any]] = {"local_files_only": True, "trust_remote_code": False}


@dataclass(frozen=True)
class WordEmbeddings:
    """What is needed of a language model to embed a prompt for it.

    Parameters
    ----------
    tokenizer
        Of transformers.
    embedding
        Its input embedding layer.
    sha256
        Hash of all its weights.
    """

    tokenizer: PreTrainedTokenizerBase
    embedding: nn.Embedding
    sha256: str


@dataclass(frozen=True)
class Base:
    """A language model before it is tuned.

    Parameters
    ----------
    causal_lm, tokenizer
        Of transformers.
    name
        Of the architecture, as the report prints it.
    sha256
        Hash of its weights.
    """

    causal_lm: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    name: str
    sha256: str


def compact_precision() -> torch.dtype:
    """Give the precision that `compact` decodes in: bfloat16 where the processor multiplies it.

    With AMX it halves the memory and is faster; without, it is five to twenty times slower.
    """
    has_amx = torch.cpu.get_capabilities().get("amx_bf16", False)
    return torch.bfloat16 if has_amx else torch.float32


def compact_base(
    cache_dir: Path, precision: torch.dtype = torch.float32, compute: ComputeDevice = CPU
) -> Base:
    """Load SmolLM2-135M-Instruct from its package, converted once; 540 MB in float32."""
    causal_lm, tokenizer = _from_folder(converted_smollm2(cache_dir), precision, compute)
    return Base(causal_lm, tokenizer, "SmolLM2-135M-Instruct", SMOLLM2.sha256)


def folder_base(folder: Path, compute: ComputeDevice = CPU) -> Base:
    """Load a language model from a local folder.

    Parameters
    ----------
    folder
        In transformers' own layout.
    compute
        Where to; without a precision for words, in the precision that the weights are stored in.

    Raises
    ------
    WeightsUnusable
        Where there is no model in transformers' own layout with safetensors, or not all of it.
    DeviceUnusable
        Where the device's memory is full before all of it is loaded.
    """
    shards = shards_of(folder)
    config = json.loads((folder / "config.json").read_text())
    if "auto_map" in config:
        raise WeightsUnusable(
            f"The model in {folder.name} needs code of its own, which is never run. Use the "
            "version in transformers' layout, such as glm-4-9b-chat-hf or GLM-4-9B-0414."
        )
    with unchanged(*shards):
        sha256 = _sha256_of(shards)
        causal_lm, tokenizer = _from_folder(folder, compute.words or "auto", compute)
    name = str(config.get("architectures", ["language model"])[0])
    return Base(causal_lm, tokenizer, name, sha256)


def word_embeddings_from(folder: Path) -> WordEmbeddings:
    """Load tokenizer and word embeddings alone, of a language model in a local folder.

    Raises
    ------
    WeightsUnusable
        As of `folder_base`.
    """
    shards = shards_of(folder)
    with unchanged(*shards):
        sha256 = _sha256_of(shards)
        matrix = _tensor(shards, _WORD_EMBEDDINGS)
    if matrix is None:
        raise WeightsUnusable(f"The language model in {folder.name} has no {_WORD_EMBEDDINGS}.")
    tokenizer = AutoTokenizer.from_pretrained(folder, **_LOCAL)
    return WordEmbeddings(tokenizer, nn.Embedding.from_pretrained(matrix), sha256)


def _sha256_of(shards: Sequence[Path]) -> str:
    told = "".join(f"{shard.name} {file_sha256(shard)}\n" for shard in shards)
    return hashlib.sha256(told.encode()).hexdigest()


def _tensor(shards: Sequence[Path], name: str) -> Tensor | None:
    for shard in shards:
        with safe_open(shard, framework="pt") as file:
            if name in file.keys():  # noqa: SIM118  no mapping
                found: Tensor = file.get_tensor(name)
                return found
    return None


def shards_of(folder: Path) -> list[Path]:
    """Find the files of a language model's weights, in order.

    Raises
    ------
    WeightsUnusable
        Where there is no model in transformers' own layout, or its index names missing files.
    """
    shards = sorted(folder.glob("*.safetensors"))
    if not (folder / "config.json").is_file() or not shards:
        raise WeightsUnusable(
            f"The folder {folder.name} holds no config.json with safetensors. Put a language model "
            "in transformers' layout there, such as GLM-4-9B-0414."
        )
    if not (folder / _INDEX).is_file():
        return shards
    wanted = set(json.loads((folder / _INDEX).read_text()).get("weight_map", {}).values())
    missing = sorted(wanted - {shard.name for shard in shards})
    if missing:
        raise WeightsUnusable(
            f"{len(missing)} of the {len(wanted)} files of the language model in {folder.name} "
            f"are missing, such as {missing[0]}. Copy the whole model there."
        )
    return [shard for shard in shards if shard.name in wanted]


def _from_folder(
    folder: Path, dtype: torch.dtype | Literal["auto"], compute: ComputeDevice
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    if not sys.stderr.isatty():
        # a bar is for people; in a log it is hundreds of lines
        disable_progress_bar()  # type: ignore[no-untyped-call]
    # transformers makes the model without memory and streams each tensor to the device of the map
    device_map = {"": compute.device} if compute.is_cuda else None
    try:
        causal_lm = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, use_safetensors=True, device_map=device_map, **_LOCAL
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, **_LOCAL)
    except torch.OutOfMemoryError as error:
        raise DeviceUnusable(
            f"The memory of {compute.device} was full before the language model was loaded. Free "
            "memory on the device, or set MAMMOVLM_QUANTISE=auto."
        ) from error
    except (OSError, ValueError) as error:
        raise WeightsUnusable(
            f"The language model in {folder.name} cannot be loaded ({type(error).__name__})."
        ) from error
    return causal_lm, tokenizer
