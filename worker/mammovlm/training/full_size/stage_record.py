"""What a stage at full size leaves: its networks, and on whom they were trained, in one file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from mammovlm.errors import WeightsUnusable
from mammovlm.training.full_size.plan import FullStage

_KEY: Final = "stage"


@dataclass(frozen=True)
class StageRecord:
    """Who learned what from whom.

    Parameters
    ----------
    stage
        S0, S1 or S2.
    trained_on
        In words, by network: "selector" after S0; else "text_encoder", "joint" and "expert_…" of
        those that were trained along.
    patients
        Everybody that this stage or one before it learned from.
    """

    stage: FullStage
    trained_on: Mapping[str, str]
    patients: tuple[int, ...]


_RECORD: Final = TypeAdapter(StageRecord)


def write_stage(path: Path, network: nn.Module, record: StageRecord) -> None:
    """Write the networks of a stage with its record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: tensor.detach().cpu().clone().contiguous()
        for name, tensor in network.state_dict().items()
    }
    save_file(tensors, path, {_KEY: json.dumps(asdict(record))})


def read_stage(path: Path, *stages: FullStage) -> tuple[dict[str, Tensor], StageRecord]:
    """Read what `write_stage` wrote.

    Parameters
    ----------
    path
        The file.
    stages
        Those of which it may be.

    Raises
    ------
    WeightsUnusable
        Where it is missing, damaged, or no file of these stages.
    """
    try:
        with safe_open(path, framework="pt") as file:
            record = _RECORD.validate_json((file.metadata() or {}).get(_KEY, ""))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, ValidationError) as error:
        raise WeightsUnusable(
            f"{path.name} cannot be read as what a stage left. Train {' or '.join(stages)} again."
        ) from error
    if record.stage not in stages:
        raise WeightsUnusable(
            f"{path.name} is what {record.stage} left; that of {' or '.join(stages)} is needed."
        )
    return tensors, record


def then(before: str, learned_from: str) -> str:
    """Word what came first and what came after it, once where it is the same."""
    if not before or before.endswith(learned_from):
        return before or learned_from
    return f"{before}, then {learned_from}"
