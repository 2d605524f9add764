"""Selector features of real films, cached like those of phantoms."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from mammovlm.model.image_processor import ImageProcessor
from mammovlm.training.features import CompactEncoders
from mammovlm.training.phantom_exams import preparation_fingerprint
from mammovlm.training.real_films import Film

_BATCH = 4


def film_features(
    films: Sequence[Film],
    folder: Path,
    encoders: CompactEncoders,
    progress: Callable[[int], None] = lambda done: None,
) -> Tensor:
    """Give what the density head reads of every film, (films, features).

    Parameters
    ----------
    films
        Of any number of data sets.
    folder
        Where features are kept; only numbers that cannot be turned back into films.
    progress
        Told the number of films done.
    """
    names = "\n".join(film.name for film in films)
    key = hashlib.sha256(f"{preparation_fingerprint()}\n{names}".encode()).hexdigest()
    path = folder / f"films-{key[:12]}.safetensors"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        save_file({"selector": _computed(films, encoders, progress)}, path)
    progress(len(films))
    return load_file(path)["selector"]


def _computed(
    films: Sequence[Film], encoders: CompactEncoders, progress: Callable[[int], None]
) -> Tensor:
    processor = ImageProcessor(encoders.preset.height, encoders.preset.width)
    seen = []
    for start in range(0, len(films), _BATCH):
        batch = films[start : start + _BATCH]
        grey = torch.stack([processor.prepare(film.pixels) for film in batch])
        seen.append(encoders.selector_features(grey))
        progress(start + len(batch))
    return torch.cat(seen)
