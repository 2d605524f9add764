"""Writes trained parts and their card, beside parts that other stages wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

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
    """

    tensors: Mapping[str, Tensor]
    trained_on: str
    experts: tuple[str, ...] = ()


def write_weights(
    folder: Path, parts: Mapping[str, TrainedPart], training_note: str | None = None
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
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = WeightsFolder(folder).card
    entries = dict(known.parts)
    for name, part in parts.items():
        path = folder / f"{name}.safetensors"
        # contiguous copies: the file's bytes then depend on the numbers alone
        save_file({key: value.detach().clone().contiguous() for key, value in part.tensors.items()},
                  path)  # fmt: skip
        path.chmod(0o644)
        entries[name] = PartCard(
            file=path.name,
            sha256=file_sha256(path),
            trained_on=part.trained_on,
            experts=part.experts,
        )
    card = WeightsCard(parts=entries, training_note=training_note or known.training_note)
    (folder / CARD_NAME).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return card
