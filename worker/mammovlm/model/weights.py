"""Weights that may be used: safetensors of the expected hash, listed in a folder's card; else none.

A folder of weights holds ``card.json`` and the files that the card names::

    {"training_note": "...", "thresholds": {"presence": 0.05, "suspicion": 0.54},
     "parts": {"umicon": {"file": "umicon.safetensors", "sha256": "...", "trained_on": "phantoms",
                          "experts": ["clip", "dinov2", "convnext"]}}}

A part that the card does not name is untrained. A file that the card names must be there and must
have that hash: nothing is loaded on trust.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from mammovlm.errors import WeightsUnusable

CARD_NAME = "card.json"


class PartCard(BaseModel):
    """What the card says of one part.

    Parameters
    ----------
    file
        Path below the card's folder; a safetensors file.
    sha256
        Of that file, lower-case hexadecimal.
    trained_on
        In words, as the report prints it.
    experts
        For UMiCon: the experts whose features it was trained on (four-systems A7).
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: str = Field(pattern=r"^[\w./-]+\.safetensors$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    trained_on: str
    experts: tuple[str, ...] = ()


class WeightsCard(BaseModel):
    """The list of trained parts in one folder.

    Parameters
    ----------
    parts
        By name: "density_selector", "expert_clip", "umicon", "text_branch", "heads", ...
    training_note
        One or two sentences on what the numbers rest on, printed in every report.
    thresholds
        Operating points by head, fixed on validation patients; only an evaluation reads them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    parts: Mapping[str, PartCard] = {}
    training_note: str = "No part of the model is trained."
    thresholds: Mapping[str, float] = {}


class WeightsFolder:
    """A folder with a card, from which parts are loaded by name.

    Parameters
    ----------
    folder
        Where ``card.json`` lies; a folder without a card holds no trained part.

    Raises
    ------
    WeightsUnusable
        Where the card cannot be understood.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.card = _read_card(folder / CARD_NAME)

    def has(self, part: str) -> bool:
        """Tell whether the card lists trained weights for this part."""
        return part in self.card.parts

    def tensors(self, part: str) -> dict[str, Tensor]:
        """Load the weights of a listed part.

        Raises
        ------
        WeightsUnusable
            Where the file is missing, damaged or of another hash.
        """
        entry = self.card.parts[part]
        return verified_tensors(self.folder / entry.file, entry.sha256)


def _read_card(path: Path) -> WeightsCard:
    if not path.is_file():
        return WeightsCard()
    try:
        return WeightsCard.model_validate_json(path.read_bytes())
    except ValidationError as error:
        places = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
        raise WeightsUnusable(
            f"{path.name} in the weights folder cannot be understood ({places}). Put back the card "
            "that came with the weights."
        ) from error


def file_sha256(path: Path) -> str:
    """Hash a file.

    Raises
    ------
    WeightsUnusable
        Where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path) from error


def verified_tensors(path: Path, sha256: str) -> dict[str, Tensor]:
    """Load a safetensors file, if it is the expected one.

    The bytes that were hashed are the bytes that are loaded. The file is not mapped into memory:
    training anew over it would end a worker that had it mapped.

    Raises
    ------
    WeightsUnusable
        Where it is missing, no safetensors file, or of another hash.
    """
    if path.suffix != ".safetensors":
        raise WeightsUnusable(f"{path.name} is refused: weights are read from safetensors only.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(path) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise WeightsUnusable(
            f"{path.name} is not the expected file (SHA-256 {found[:12]}…, expected "
            f"{sha256[:12]}…). Fetch or train the weights again; nothing was loaded."
        )
    try:
        return load(content)
    except SafetensorError as error:
        raise WeightsUnusable(f"{path.name} is damaged; fetch or train it again.") from error


def _unreadable(path: Path) -> WeightsUnusable:
    return WeightsUnusable(
        f"The weights file {path.name} cannot be read. Put it back beside its card, or set "
        "MAMMOVLM_WEIGHTS_DIR to the folder that holds it."
    )


def load_into(module: nn.Module, tensors: Mapping[str, Tensor], part: str) -> None:
    """Put weights into a module; every name and shape must fit.

    Raises
    ------
    WeightsUnusable
        Where they belong to another architecture.
    """
    try:
        module.load_state_dict(dict(tensors), strict=True)
    except RuntimeError as error:
        raise WeightsUnusable(
            f"The weights of the {part} belong to another architecture; use those made for this "
            "preset and version."
        ) from error
