"""Weights that may be used: safetensors of the expected hash, listed in a folder's card; else none.

A folder of weights holds ``card.json`` and the files that the card names::

    {"training_note": "...", "thresholds": {"presence": 0.05, "suspicion": 0.54},
     "parts": {"umicon": {"file": "umicon.safetensors", "sha256": "...", "trained_on": "phantoms",
                          "experts": ["clip", "dinov2", "convnext"],
                          "routes": {"A": "clip", "B": "clip", "C": "convnext", "D": "dinov2"}}}}

A part that the card does not name is untrained. A file that the card names must be there and must
have that hash: nothing is loaded on trust.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load
from torch import Tensor, nn

from mammovlm.errors import WeightsUnusable
from mammovlm.findings import DensityCategory
from mammovlm.model.device import CPU, ComputeDevice

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
    routes
        For UMiCon: which expert serves which density, where that was measured; else empty, and
        the preset's routes stand.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: str = Field(pattern=r"^[\w./-]+\.safetensors$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    trained_on: str
    experts: tuple[str, ...] = ()
    routes: Mapping[DensityCategory, str] = {}


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

    def path(self, part: str) -> Path:
        """Give the file of a listed part."""
        return self.folder / self.card.parts[part].file

    def tensors(self, part: str, compute: ComputeDevice = CPU) -> dict[str, Tensor]:
        """Load the weights of a listed part straight onto a device.

        Raises
        ------
        WeightsUnusable
            Where the file is missing, damaged or of another hash.
        """
        entry = self.card.parts[part]
        return verified_tensors(self.path(part), entry.sha256, compute)


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


def verified_tensors(path: Path, sha256: str, compute: ComputeDevice = CPU) -> dict[str, Tensor]:
    """Load a safetensors file straight onto a device, if it is the expected one.

    On a processor the bytes that were hashed are the bytes that are loaded, and the file is not
    mapped into memory: training anew over it would end a worker that had it mapped. Onto a GPU the
    tensors are streamed one by one, and a file that was written to meanwhile is refused.

    Raises
    ------
    WeightsUnusable
        Where it is missing, no safetensors file, of another hash, or changes while it is read.
    """
    if path.suffix != ".safetensors":
        raise WeightsUnusable(f"{path.name} is refused: weights are read from safetensors only.")
    try:
        tensors = _streamed(path, sha256, compute) if compute.is_cuda else _read(path, sha256)
    except OSError as error:
        raise _unreadable(path) from error
    except SafetensorError as error:
        raise WeightsUnusable(f"{path.name} is damaged; fetch or train it again.") from error
    return {name: compute.place(tensor) for name, tensor in tensors.items()}


def _read(path: Path, sha256: str) -> dict[str, Tensor]:
    content = path.read_bytes()
    _check(path.name, hashlib.sha256(content).hexdigest(), sha256)
    return load(content)


def _streamed(path: Path, sha256: str, compute: ComputeDevice) -> dict[str, Tensor]:
    with unchanged(path):
        _check(path.name, file_sha256(path), sha256)
        with safe_open(path, framework="pt", device=str(compute.device)) as file:
            return {name: compute.place(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118


@contextmanager
def unchanged(*paths: Path) -> Iterator[None]:
    """Refuse files that are written to while they are hashed and loaded.

    Raises
    ------
    WeightsUnusable
        Where one is another afterwards.
    """
    before = [_state(path) for path in paths]
    yield
    for path, state in zip(paths, before, strict=True):
        if _state(path) != state:
            raise WeightsUnusable(f"{path.name} was changed while it was loaded. Start again.")


def _state(path: Path) -> tuple[int, ...]:
    told = path.stat()
    return told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns


def _check(name: str, found: str, expected: str) -> None:
    if found != expected:
        raise WeightsUnusable(
            f"{name} is not the expected file (SHA-256 {found[:12]}…, expected "
            f"{expected[:12]}…). Fetch or train the weights again; nothing was loaded."
        )


def _unreadable(path: Path) -> WeightsUnusable:
    return WeightsUnusable(
        f"The weights file {path.name} cannot be read. Put it back beside its card, or set "
        "MAMMOVLM_WEIGHTS_DIR to the folder that holds it."
    )


def load_into(
    module: nn.Module, tensors: Mapping[str, Tensor], part: str, *, assign: bool = False
) -> None:
    """Put weights into a module; every name and shape must fit.

    Parameters
    ----------
    module, tensors
        Where to, and what.
    part
        As people call it.
    assign
        Let the module have the tensors themselves, where they are and as precise as they are, as
        one made on torch's device "meta" needs it; else they are copied.

    Raises
    ------
    WeightsUnusable
        Where they belong to another architecture.
    """
    try:
        module.load_state_dict(dict(tensors), strict=True, assign=assign)
    except RuntimeError as error:
        raise WeightsUnusable(
            f"The weights of the {part} belong to another architecture; use those made for this "
            "preset and version."
        ) from error
