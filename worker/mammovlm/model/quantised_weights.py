"""Language-model weights of 8 or 4 bits, by bitsandbytes: LLM.int8() and NF4.

Dettmers et al. 2022 (LLM.int8(), rounding each row to int8) and 2023 (QLoRA, section 3: NF4). Word
embeddings and output layer keep their precision, as in both papers. The words change a little with
it, so the report names the quantisation; they are checked as ever.
"""

from typing import TYPE_CHECKING, Any, Final

import torch
from torch import nn

from mammovlm.errors import DeviceUnusable, WeightsUnusable
from mammovlm.model.memory_needs import Quantisation

LIBRARY: Final = "bitsandbytes==0.50.2"
"""Not in the lock: where it is installed, peft imports it with every start of every program."""

_OUTLIER: Final = 6.0
"""Inputs from this magnitude on are multiplied unrounded (LLM.int8(), section 3.2). Which these are
depends on the input, so a CUDA graph cannot be recorded: in int8, decoding runs without."""

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def quantise_linear_layers(
    causal_lm: "PreTrainedModel", quantisation: Quantisation, device: torch.device
) -> None:
    """Quantise a language model's linear layers one by one onto a device; the rest follows whole.

    Parameters
    ----------
    causal_lm
        In the processor's memory, tuned weights merged; changed in place.
    quantisation
        "int8" or "int4"; with "none" the model is only moved.
    device
        Where it shall run.

    Raises
    ------
    WeightsUnusable
        Where bitsandbytes is not installed.
    DeviceUnusable
        Where the device's memory is full.
    """
    model: Any = causal_lm
    try:
        if quantisation != "none":
            _replace_layers(model, quantisation, device)
        model.to(device)
    except torch.OutOfMemoryError as error:
        raise DeviceUnusable(
            f"The memory of {device} was full before the language model was loaded in "
            f"{quantisation}. Free memory on the device, or take a larger one."
        ) from error


def _replace_layers(
    model: Any,  # noqa: ANN401  transformers' own types are incomplete
    quantisation: Quantisation,
    device: torch.device,
) -> None:
    output = model.get_output_embeddings()
    for name, layer in list(model.named_modules()):
        if isinstance(layer, nn.Linear) and layer is not output:
            parent, _, own = name.rpartition(".")
            setattr(model.get_submodule(parent), own, _quantised(layer, quantisation, device))


def _quantised(layer: nn.Linear, quantisation: Quantisation, device: torch.device) -> nn.Module:
    library = _bitsandbytes()
    sizes = {"bias": layer.bias is not None, "device": "meta"}
    if quantisation == "int8":
        made = library.nn.Linear8bitLt(
            layer.in_features,
            layer.out_features,
            has_fp16_weights=False,
            threshold=_OUTLIER,
            **sizes,
        )
        weight = library.nn.Int8Params(layer.weight.data, requires_grad=False)
    else:
        made = library.nn.Linear4bit(
            layer.in_features,
            layer.out_features,
            quant_type="nf4",
            compute_dtype=layer.weight.dtype,
            **sizes,
        )
        weight = library.nn.Params4bit(layer.weight.data, requires_grad=False, quant_type="nf4")
    made.weight = weight.to(device)
    made.bias = layer.bias
    return made.requires_grad_(requires_grad=False)  # type: ignore[no-any-return]


def _bitsandbytes() -> Any:  # noqa: ANN401  it has no types
    try:
        import bitsandbytes  # noqa: PLC0415  large, and only wanted here
    except ImportError as error:
        raise WeightsUnusable(
            f"MAMMOVLM_QUANTISE needs a package: `pip install --no-deps {LIBRARY}`, or set it to "
            "none."
        ) from error
    return bitsandbytes
