"""One stage at full size, from its first weights to the file that it leaves."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from safetensors.torch import load_file
from torch import Tensor, nn

from mammovlm.errors import WeightsUnusable
from mammovlm.model.encoders import Encoder
from mammovlm.model.weights import WeightsFolder, load_into
from mammovlm.training.full_size.exams import ExamSource
from mammovlm.training.full_size.losses import DensityLoss, PretrainingLoss, SupervisedLoss
from mammovlm.training.full_size.networks import JointNetwork, SelectorNetwork
from mammovlm.training.full_size.plan import FullStage, StagePlan
from mammovlm.training.full_size.sizes import Sizes
from mammovlm.training.full_size.stage_record import (
    StageRecord,
    read_stage,
    then,
    write_stage,
)
from mammovlm.training.full_size.steps import FullSizePlace, train_full_size

_BEFORE: Final[Mapping[type, tuple[FullStage, ...]]] = {
    SelectorNetwork: ("S0",),
    JointNetwork: ("S1", "S2"),
}
_SCALED_ON = 16
"""Exams that the scales of pooled features are taken from, before training."""


@dataclass(frozen=True)
class FirstWeights:
    """Where a stage starts; what nothing is given for is drawn at random.

    Parameters
    ----------
    before
        What the stage before left: S2 starts from S1's file.
    encoders
        Folder of weights with a card, of which image encoders are taken.
    text
        BERT's weights, safetensors.
    """

    before: Path | None = None
    encoders: Path | None = None
    text: Path | None = None


def run_stage(
    stage: FullStage,
    sizes: Sizes,
    plan: StagePlan,
    source: ExamSource,
    *,
    first: FirstWeights,
    place: FullSizePlace,
    learned_from: str,
    out: Path,
) -> Path:
    """Train S0, S1 or S2 and write its networks; of several processes the first one writes.

    Parameters
    ----------
    source
        Exams to learn from.
    learned_from
        What they are, in words.
    out
        A safetensors file.

    Raises
    ------
    WeightsUnusable
        Where first weights belong to another architecture, or ``first.before`` is not what the
        stage before left.
    ValueError
        As of `train_full_size`.
    """
    network = SelectorNetwork(sizes.preset) if stage == "S0" else JointNetwork(
        sizes.preset, sizes.text
    )  # fmt: skip
    begun = _start(network, first)
    if first.before is None:
        rows = range(min(_SCALED_ON, len(source)))
        network.fit_scale(source.batch(rows, step=0), plan.at_once)
    steps = plan.epochs * (len(source) // plan.batch)
    train_full_size(_loss(stage, network, plan), source, plan, steps, place)
    if place.accelerator.is_main_process:
        write_stage(out, network, _record(stage, network, source, begun, learned_from))
    place.accelerator.wait_for_everyone()
    return out


@dataclass(frozen=True)
class _Beginnings:
    """What networks were trained on before the stage, by name, and on which patients."""

    trained_on: Mapping[str, str]
    patients: tuple[int, ...]


def _record(
    stage: FullStage,
    network: SelectorNetwork | JointNetwork,
    source: ExamSource,
    begun: _Beginnings,
    learned_from: str,
) -> StageRecord:
    names = ["selector"]
    if isinstance(network, JointNetwork):
        experts = tuple(network.experts)
        names = [*(f"expert_{experts[index]}" for index in source.experts), "text_encoder", "joint"]
    return StageRecord(
        stage,
        {name: then(begun.trained_on.get(name, ""), learned_from) for name in names},
        tuple(sorted({*begun.patients, *source.patients})),
    )


def _loss(stage: FullStage, network: SelectorNetwork | JointNetwork, plan: StagePlan) -> nn.Module:
    if isinstance(network, SelectorNetwork):
        return DensityLoss(network, plan.at_once)
    return (PretrainingLoss if stage == "S1" else SupervisedLoss)(network, plan.at_once)


def _start(network: SelectorNetwork | JointNetwork, first: FirstWeights) -> _Beginnings:
    told, patients = dict[str, str](), tuple[int, ...]()
    if first.encoders is not None:
        told |= _load_encoders(network, WeightsFolder(first.encoders))
    if first.text is not None and isinstance(network, JointNetwork):
        _load_text(network, load_file(first.text))
        told["text_encoder"] = first.text.parent.name
    if first.before is not None:
        tensors, record = read_stage(first.before, *_BEFORE[type(network)])
        load_into(network, tensors, "stage before")
        told, patients = dict(record.trained_on), record.patients
    return _Beginnings(told, patients)


def _load_encoders(
    network: SelectorNetwork | JointNetwork, folder: WeightsFolder
) -> dict[str, str]:
    """Load the encoders that the folder has, and tell what each was trained on."""
    if isinstance(network, SelectorNetwork):
        parts: dict[str, nn.Module] = {"selector": network.encoder}
    else:
        parts = {f"expert_{name}": expert for name, expert in network.experts.items()}
    told = {}
    for name, encoder in parts.items():
        part = "selector_encoder" if name == "selector" else name
        if folder.has(part) and isinstance(encoder, Encoder):
            load_into(encoder.backbone, folder.tensors(part), part)
            told[name] = folder.card.parts[part].trained_on
    return told


def _load_text(network: JointNetwork, tensors: dict[str, Tensor]) -> None:
    plain = {name.removeprefix("bert."): tensor for name, tensor in tensors.items()}
    missing, _ = network.text_encoder.load_state_dict(plain, strict=False)
    if missing:
        raise WeightsUnusable(
            f"The text encoder's weights lack {len(missing)} tensors, such as {missing[0]}."
        )
