"""Checkpoints of a stage as one safetensors file, so that the same run can be taken up."""

from collections.abc import Mapping
from pathlib import Path

import torch
from accelerate.logging import get_logger
from safetensors.torch import load_file, save_file
from torch import Tensor

from mammovlm.training.made_of import KEY, beginning_anew, fits, keep_aside

_STEP = "step"
_WEIGHT = "weight/"
_STATE = "optimizer/"
_log = get_logger(__name__)  # speaks in the first process alone


def save_checkpoint(
    path: Path,
    trainable: Mapping[str, Tensor],
    optimizer: torch.optim.Optimizer,
    step: int,
    *,
    made_of: str = "",
) -> None:
    """Keep weights and optimiser state after so many steps; the old file goes only at the end.

    Parameters
    ----------
    made_of
        Hash of the run's inputs and settings; a checkpoint of another run is kept aside.
    """
    tensors = {f"{_WEIGHT}{name}": tensor.detach() for name, tensor in trainable.items()}
    for number, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            tensors[f"{_STATE}{number}/{name}"] = torch.as_tensor(value)
    tensors[_STEP] = torch.tensor(step)
    fresh = path.with_suffix(".fresh")
    path.parent.mkdir(parents=True, exist_ok=True)
    copies = {name: tensor.contiguous().clone() for name, tensor in tensors.items()}
    save_file(copies, fresh, {KEY: made_of})
    keep_aside(path, made_of)
    fresh.replace(path)


def load_checkpoint(
    path: Path,
    trainable: Mapping[str, Tensor],
    optimizer: torch.optim.Optimizer,
    *,
    made_of: str = "",
) -> int:
    """Take up weights and optimiser state, if they are of the same run.

    Parameters
    ----------
    made_of
        Hash of the run's inputs and settings. A checkpoint of others is left alone, with a line
        in the log.

    Returns
    -------
    int
        Steps already done; 0 where there is no checkpoint of this run.

    Raises
    ------
    KeyError, RuntimeError
        If the checkpoint belongs to other parameters.
    """
    if not path.is_file():
        return 0
    if not fits(path, made_of):
        _log.warning(beginning_anew(path))
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
