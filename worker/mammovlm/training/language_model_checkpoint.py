"""Checkpoints of a language-model stage as one safetensors file, so that a run can be taken up."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

_STEP = "step"
_WEIGHT = "weight/"
_STATE = "optimizer/"


def save_checkpoint(
    path: Path, trainable: Mapping[str, Tensor], optimizer: torch.optim.Optimizer, step: int
) -> None:
    """Keep weights and optimiser state after so many steps; the old file goes only at the end."""
    tensors = {f"{_WEIGHT}{name}": tensor.detach() for name, tensor in trainable.items()}
    for number, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            tensors[f"{_STATE}{number}/{name}"] = torch.as_tensor(value)
    tensors[_STEP] = torch.tensor(step)
    fresh = path.with_suffix(".fresh")
    save_file({name: tensor.contiguous().clone() for name, tensor in tensors.items()}, fresh)
    fresh.replace(path)


def load_checkpoint(
    path: Path, trainable: Mapping[str, Tensor], optimizer: torch.optim.Optimizer
) -> int:
    """Take up weights and optimiser state.

    Returns
    -------
    int
        Steps already done; 0 where there is no checkpoint.

    Raises
    ------
    KeyError, RuntimeError
        If the checkpoint belongs to other parameters.
    """
    if not path.is_file():
        return 0
    tensors = load_file(path)
    with torch.no_grad():
        for name, tensor in trainable.items():
            tensor.copy_(tensors[f"{_WEIGHT}{name}"])
    told = optimizer.state_dict()
    told["state"] = {}
    for key, tensor in tensors.items():
        if key.startswith(_STATE):
            number, name = key.removeprefix(_STATE).split("/")
            told["state"].setdefault(int(number), {})[name] = tensor
    optimizer.load_state_dict(told)
    return int(tensors[_STEP])
