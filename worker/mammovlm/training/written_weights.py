"""Writes trained parts and their card, beside parts that other stages wrote."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from mammovlm.findings import DensityCategory
from mammovlm.model.weights import CARD_NAME, PartCard, WeightsCard, WeightsFolder, file_sha256


@dataclass(frozen=True)
class TrainedPart:
    """One part as a stage leaves it.

    Parameters
    ----------
    tensors
        By name.
    trained_on
        In words, as the report prints it.
    experts
        For UMiCon: whose features it learned.
    routes
        For UMiCon: the expert of each density that it learned with; empty for the preset's.
    """

    tensors: Mapping[str, Tensor]
    trained_on: str
    experts: tuple[str, ...] = ()
    routes: Mapping[DensityCategory, str] = field(default_factory=dict)


def write_weights(
    folder: Path,
    parts: Mapping[str, TrainedPart],
    training_note: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> WeightsCard:
    """Write parts as safetensors and enter them in the folder's card.

    Parameters
    ----------
    folder
        Where the card is or is to be.
    parts
        By name; entries of other names stay as they are.
    training_note
        Replaces the card's note; None keeps it.
    thresholds
        Operating points by head, fixed on validation patients. None keeps the card's, unless the
        heads are written anew: those of other heads would mean nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        # contiguous copies: the file's bytes then depend on the numbers alone
        path = folder / file_of(name)
        path.parent.mkdir(exist_ok=True)
        save_file(
            {key: value.detach().clone().contiguous() for key, value in part.tensors.items()}, path
        )
    if thresholds is None and "heads" in parts:
        thresholds = {}
    told = {name: _Told(part.trained_on, part.experts, part.routes) for name, part in parts.items()}
    return _entered(folder, told, training_note, thresholds)


def file_of(part: str) -> str:
    """Give the file of a part below the card's folder; a text encoder has a folder of its own."""
    return f"{part}/model.safetensors" if part == "text_encoder" else f"{part}.safetensors"


def enter_weights(folder: Path, files: Mapping[str, Path], trained_on: str) -> WeightsCard:
    """Copy files that a stage wrote into a folder of weights and enter them in its card.

    Parameters
    ----------
    folder
        Where the card is.
    files
        Safetensors files by part.
    trained_on
        In words, as the report prints it.
    """
    for name, path in files.items():
        shutil.copyfile(path, folder / file_of(name))
    return _entered(folder, dict.fromkeys(files, _Told(trained_on)))


@dataclass(frozen=True)
class _Told:
    """What the card says of a part beside its file; see `TrainedPart`."""

    trained_on: str
    experts: tuple[str, ...] = ()
    routes: Mapping[DensityCategory, str] = field(default_factory=dict)


def _entered(
    folder: Path,
    told: Mapping[str, _Told],
    training_note: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> WeightsCard:
    known = WeightsFolder(folder).card
    entries = dict(known.parts)
    for name, part in told.items():
        path = folder / file_of(name)
        path.chmod(0o644)
        entries[name] = PartCard(
            file=file_of(name),
            sha256=file_sha256(path),
            trained_on=part.trained_on,
            experts=part.experts,
            routes=dict(part.routes),
        )
    card = WeightsCard(
        parts=entries,
        training_note=training_note or known.training_note,
        thresholds=known.thresholds if thresholds is None else thresholds,
    )
    (folder / CARD_NAME).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return card
