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
    path = folder / f"films-{_fingerprint(films)[:12]}.safetensors"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        save_file({"selector": _computed(films, encoders, progress)}, unfinished)
        unfinished.replace(path)
    progress(len(films))
    return load_file(path)["selector"]


def _fingerprint(films: Sequence[Film]) -> str:
    """Hash the films, in their order, and the code that prepares them."""
    told = hashlib.sha256(preparation_fingerprint().encode())
    for film in films:
        told.update(f"\n{film.name} {film.pixels.shape}\n".encode() + film.pixels.tobytes())
    return told.hexdigest()


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
