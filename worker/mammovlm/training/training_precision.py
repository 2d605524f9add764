"""Which arithmetic a training run takes where it is left to choose."""

import torch

from mammovlm.model.language_model_base import compact_precision


def chosen_precision(asked: str, device: torch.device) -> str:
    """Give the arithmetic of the networks, "bf16" or "no", as accelerate names them.

    Parameters
    ----------
    asked
        "bf16", "no", or "auto": half where a processor has AMX for it, or a GPU multiplies it;
        on other processors it is five to twenty times slower.
    device
        Where the networks run.
    """
    if asked != "auto":
        return asked
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "no"
    return "bf16" if compact_precision() is torch.bfloat16 else "no"
