"""The language model: facts and the views' embeddings in, a wording out; never used untuned.

`compact` runs SmolLM2-135M, `paper` GLM-4-9B (four-systems 1.2); any causal model of transformers
whose folder holds safetensors and a chat template will do. Decoding is greedy: the same input gives
the same words on the same kind of processor.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import torch

from mammovlm.errors import WeightsUnusable
from mammovlm.findings import ModelPart
from mammovlm.model.drafted_decoding import Drafts, decode
from mammovlm.model.language_model_conversion import SMOLLM2, converted_smollm2
from mammovlm.model.language_model_tuning import Tuning, merged, tuning_from_tensors
from mammovlm.model.soft_prefix import Lift, lift_from, prompt_tokens, spliced, word_embeddings_of
from mammovlm.model.torchvision_operators import declare_missing_operators
from mammovlm.model.weights import WeightsFolder, file_sha256
from mammovlm.study import Slot

declare_missing_operators()

from transformers import (  # noqa: E402 - after the guard
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

PART: Final = "language_model"
"""Name of the tuned part in a folder's card, and of the folder with the base beside the card."""
MAX_NEW_TOKENS: Final = 140
"""More than the longest wording that the check accepts."""
MAX_SECONDS: Final = 30.0
"""After this the wording is cut off and the template goes out: words never hold up a result."""
UNTUNED: Final = "not tuned, not used"


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


class SoftPrefixLanguageModel:
    """A tuned language model that reads one or more soft tokens per view.

    Parameters
    ----------
    part
        Identity, for the report.
    base
        None where there is nothing tuned; then every wording is "".
    lift
        From embeddings to soft tokens; None together with ``base``.

    Attributes
    ----------
    part : ModelPart
        Identity, for the report.
    """

    def __init__(self, part: ModelPart, base: Base | None = None, lift: Lift | None = None) -> None:
        self.part = part
        self._base = base
        self._lift = lift

    @torch.inference_mode()
    def write(
        self,
        prompt: str,
        embeddings: npt.NDArray[np.float32],
        slots: Sequence[Slot],
        likely: Sequence[str] = (),
    ) -> str:
        """Word the facts.

        Parameters
        ----------
        prompt
            The facts and what to do with them.
        embeddings
            UMiCon's, float32, (views, 128).
        slots
            The views, row by row.
        likely
            Texts that the wording may follow in places; they make it come sooner and, in float32,
            change no word of it.

        Returns
        -------
        str
            Empty without tuned weights: untuned, a language model makes up findings.

        Raises
        ------
        ValueError
            If ``embeddings`` and ``slots`` differ in number.
        """
        if self._base is None or self._lift is None:
            return ""
        tokenizer = self._base.tokenizer
        words = word_embeddings_of(self._base.causal_lm)
        numbers = prompt_tokens(tokenizer, prompt, slots, self._lift.tokens)
        device = words.weight.device
        lifted = self._lift(torch.from_numpy(embeddings)).to(device)
        end = int(tokenizer.eos_token_id)
        answer = decode(
            self._base.causal_lm,
            spliced(words, torch.tensor([numbers], device=device), lifted),
            Drafts([*_tokens(tokenizer, text), end] for text in likely),
            end=end,
            longest=MAX_NEW_TOKENS,
            seconds=MAX_SECONDS,
        )
        return str(tokenizer.decode(answer, skip_special_tokens=True)).strip()


def _tokens(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def load_language_model(
    preset: str, folder: WeightsFolder, cache_dir: Path
) -> SoftPrefixLanguageModel:
    """Load the preset's language model, if the folder's card lists tuned weights for it.

    Parameters
    ----------
    preset
        "compact": SmolLM2 out of its package. "paper": the folder ``language_model`` beside the
        card, in transformers' own layout.
    folder
        Weights with their card; the tuned part is called `PART`.
    cache_dir
        Where converted weights are kept.

    Raises
    ------
    WeightsUnusable
        Where listed weights are missing, damaged, or tuned on another base.
    """
    if not folder.has(PART):
        architecture = "SmolLM2-135M-Instruct" if preset == "compact" else "GLM-4-9B"
        return SoftPrefixLanguageModel(ModelPart("language model", architecture, None, UNTUNED))
    tuning = tuning_from_tensors(folder.tensors(PART))
    compact = preset == "compact"
    base = (
        compact_base(cache_dir, compact_precision())
        if compact
        else folder_base(folder.folder / PART)
    )
    card = folder.card.parts[PART]
    part = ModelPart("language model", f"{base.name} + LoRA", card.sha256, card.trained_on)
    return tuned(base, tuning, part)


def compact_precision() -> torch.dtype:
    """Give the precision that `compact` decodes in: bfloat16 where the processor multiplies it.

    With AMX it halves the memory and is faster; without, it is five to twenty times slower.
    """
    has_amx = torch.cpu.get_capabilities().get("amx_bf16", False)
    return torch.bfloat16 if has_amx else torch.float32


def tuned(base: Base, tuning: Tuning, part: ModelPart) -> SoftPrefixLanguageModel:
    """Put tuned weights on their base.

    Raises
    ------
    WeightsUnusable
        If they were tuned on another base or for another architecture.
    """
    if tuning.base_sha256 != base.sha256:
        raise WeightsUnusable(
            f"The language model was tuned on other base weights (SHA-256 "
            f"{tuning.base_sha256[:12]}…, found {base.sha256[:12]}…)."
        )
    hidden = word_embeddings_of(base.causal_lm).embedding_dim
    lift = lift_from(tuning.lift_weight, tuning.lift_bias, hidden)
    causal_lm = merged(base.causal_lm, tuning).train(False)
    return SoftPrefixLanguageModel(
        part, Base(causal_lm, base.tokenizer, base.name, base.sha256), lift
    )


def compact_base(cache_dir: Path, precision: torch.dtype = torch.float32) -> Base:
    """Load SmolLM2-135M-Instruct from its package, converted once; 540 MB in float32."""
    causal_lm, tokenizer = _from_folder(converted_smollm2(cache_dir), precision)
    return Base(causal_lm, tokenizer, "SmolLM2-135M-Instruct", SMOLLM2.sha256)


def folder_base(folder: Path) -> Base:
    """Load a language model from a local folder, in the precision it is stored in.

    Raises
    ------
    WeightsUnusable
        Where there is no model in transformers' own layout with safetensors.
    """
    shards = sorted(folder.glob("*.safetensors"))
    if not (folder / "config.json").is_file() or not shards:
        raise WeightsUnusable(
            f"The folder {folder.name} holds no config.json with safetensors. Put a language model "
            "in transformers' layout there, such as GLM-4-9B-0414."
        )
    config = json.loads((folder / "config.json").read_text())
    if "auto_map" in config:
        raise WeightsUnusable(
            f"The model in {folder.name} needs code of its own, which is never run. Use the "
            "version in transformers' layout, such as glm-4-9b-chat-hf or GLM-4-9B-0414."
        )
    told = "".join(f"{shard.name} {file_sha256(shard)}\n" for shard in shards)
    causal_lm, tokenizer = _from_folder(folder, "auto")
    name = str(config.get("architectures", ["language model"])[0])
    return Base(causal_lm, tokenizer, name, hashlib.sha256(told.encode()).hexdigest())


def _from_folder(
    folder: Path, dtype: torch.dtype | Literal["auto"]
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        causal_lm = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype,
            use_safetensors=True,
            device_map="cuda" if torch.cuda.is_available() else None,
            **local,
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, **local)
    except (OSError, ValueError) as error:
        raise WeightsUnusable(
            f"The language model in {folder.name} cannot be loaded ({type(error).__name__})."
        ) from error
    return causal_lm, tokenizer
