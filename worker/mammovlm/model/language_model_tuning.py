"""The tuned part of the language model: lift and LoRA, as one safetensors file holds them.

The file also names the base it was tuned on, so that it is never put on another one. LoRA pairs are
kept under peft's names; their scaling stands beside them.
"""

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import torch
from safetensors.torch import save_file
from torch import Tensor

from mammovlm.errors import WeightsUnusable
from mammovlm.model.torchvision_operators import declare_missing_operators

declare_missing_operators()

from peft import (  # noqa: E402 - after the guard
    LoraConfig,
    PeftModel,
    get_peft_model,
    get_peft_model_state_dict,
    set_peft_model_state_dict,
)
from transformers import PreTrainedModel  # noqa: E402

_LORA: Final = "lora."
_SCALING: Final = "lora_scaling"
_BASE: Final = "base_sha256"
_LIFT_WEIGHT: Final = "lift.weight"
_LIFT_BIAS: Final = "lift.bias"


@dataclass(frozen=True)
class Tuning:
    """What stages S3a and S3b have learned.

    Parameters
    ----------
    lift_weight, lift_bias
        Of the lift, (hidden × tokens, size) and (hidden × tokens,).
    lora
        LoRA pairs by peft's names; empty after S3a alone.
    scaling
        alpha / rank.
    base_sha256
        Hash of the base weights, lower-case hexadecimal.
    """

    lift_weight: Tensor
    lift_bias: Tensor
    lora: Mapping[str, Tensor]
    scaling: float
    base_sha256: str

    @property
    def rank(self) -> int:
        """Rank of the LoRA pairs."""
        return next(len(tensor) for name, tensor in self.lora.items() if ".lora_A." in name)


def tuning_from_tensors(tensors: Mapping[str, Tensor]) -> Tuning:
    """Read what a file holds.

    Raises
    ------
    WeightsUnusable
        If it is no file of this kind.
    """
    try:
        return Tuning(
            lift_weight=tensors[_LIFT_WEIGHT],
            lift_bias=tensors[_LIFT_BIAS],
            lora={
                name.removeprefix(_LORA): tensor
                for name, tensor in tensors.items()
                if name.startswith(_LORA)
            },
            scaling=float(tensors[_SCALING]),
            base_sha256=bytes(tensors[_BASE].tolist()).hex(),
        )
    except KeyError as error:
        raise WeightsUnusable(
            f"The language model's file holds no {error.args[0]}; use one that "
            "`make train-compact` or mammovlm.training.tune_language_model made."
        ) from error


def save_tuning(tuning: Tuning, path: Path, metadata: Mapping[str, str]) -> None:
    """Write the file; halves (float16) are enough for what is added to quantised weights.

    Parameters
    ----------
    tuning
        What to keep.
    path
        A safetensors file.
    metadata
        What it was trained on and how, for people; the same gives the same bytes.
    """
    tensors = {
        _LIFT_WEIGHT: tuning.lift_weight.half(),
        _LIFT_BIAS: tuning.lift_bias.half(),
        _SCALING: torch.tensor(tuning.scaling),
        _BASE: torch.tensor(list(bytes.fromhex(tuning.base_sha256)), dtype=torch.uint8),
        **{f"{_LORA}{name}": tensor.half() for name, tensor in tuning.lora.items()},
    }
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # one entry: safetensors writes several in an order that changes from run to run
    told = {"made": json.dumps(dict(metadata), sort_keys=True)}
    save_file(contiguous, path, metadata=told)


def with_lora(
    causal_lm: PreTrainedModel, rank: int, scaling: float, dropout: float = 0.0
) -> PeftModel:
    """Put untrained LoRA pairs on every linear layer but the output layer (four-systems A14).

    Parameters
    ----------
    causal_lm
        A transformers model with a language-model head; changed in place.
    rank, scaling, dropout
        Of the pairs.
    """
    config = LoraConfig(
        r=rank,
        lora_alpha=round(scaling * rank),
        lora_dropout=dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():  # peft asks by a name that transformers gives up
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        return get_peft_model(causal_lm, config)


def lora_tensors(model: PeftModel) -> dict[str, Tensor]:
    """Take out the LoRA pairs by peft's names."""
    return dict(get_peft_model_state_dict(model))


def merged(causal_lm: PreTrainedModel, tuning: Tuning) -> PreTrainedModel:
    """Add the LoRA pairs to the base weights, so that they cost nothing at inference.

    Raises
    ------
    WeightsUnusable
        If the pairs belong to another architecture.
    """
    if not tuning.lora:
        return causal_lm
    model = with_lora(causal_lm, tuning.rank, tuning.scaling)
    if set(lora_tensors(model)) != set(tuning.lora):
        raise WeightsUnusable("The language model's tuned weights belong to another architecture.")
    try:
        set_peft_model_state_dict(model, dict(tuning.lora))
    except RuntimeError as error:
        raise WeightsUnusable(
            "The language model's tuned weights belong to another architecture."
        ) from error
    return cast("PreTrainedModel", model.merge_and_unload())
