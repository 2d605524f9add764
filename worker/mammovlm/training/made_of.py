"""What a checkpoint was made of: a hash of inputs and settings that no other run shares."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Set
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

KEY = "made_of"
"""Where a checkpoint's metadata holds the hash."""


def hash_of(told: Mapping[str, object]) -> str:
    """Hash what decides a run: plain values, paths and enumerations."""
    text = json.dumps(dict(told), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def without(settings: Mapping[str, object], names: Set[str]) -> dict[str, object]:
    """Leave out settings that change nothing of what is learned, at any depth."""
    return {
        name: without(value, names) if isinstance(value, Mapping) else value
        for name, value in settings.items()
        if name not in names
    }


def hash_of_tensors(tensors: Iterable[Tensor]) -> str:
    """Hash tensors, their shapes and types included, wherever they lie."""
    together = hashlib.sha256()
    for tensor in tensors:
        plain = tensor.detach().cpu().contiguous()
        together.update(f"{plain.dtype} {tuple(plain.shape)} ".encode())
        together.update(plain.reshape(-1).view(torch.uint8).numpy().tobytes())
    return together.hexdigest()


def fits(checkpoint: Path, made_of: str) -> bool:
    """Tell whether a checkpoint is there and was made of the same."""
    return checkpoint.is_file() and _made_of(checkpoint) == made_of


def keep_aside(checkpoint: Path, made_of: str) -> None:
    """Move a checkpoint that was made of something else out of the way, and keep it."""
    if checkpoint.is_file() and _made_of(checkpoint) != made_of:
        checkpoint.replace(aside(checkpoint))


def aside(checkpoint: Path) -> Path:
    """Name the place where a checkpoint of another run is kept."""
    return checkpoint.with_name(f"{checkpoint.name}.of-another-run")


def beginning_anew(checkpoint: Path) -> str:
    """Word why a run does not go on from a checkpoint."""
    return (
        f"{checkpoint.name} was made of other inputs or settings, or of unknown ones: the stage "
        f"begins anew, and the old file is kept as {aside(checkpoint).name}."
    )


def _made_of(checkpoint: Path) -> str:
    try:
        with safe_open(checkpoint, framework="pt") as file:
            return str((file.metadata() or {}).get(KEY, ""))
    except (OSError, SafetensorError):
        return ""
