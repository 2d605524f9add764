"""One stage at full size, from its first weights to the file that it leaves."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from accelerate.logging import get_logger
from safetensors.torch import load_file
from torch import Tensor, nn

from mammovlm.errors import WeightsUnusable
from mammovlm.model.encoders import Encoder
from mammovlm.model.weights import CARD_NAME, WeightsFolder, file_sha256, load_into
from mammovlm.training.full_size.exams import ExamSource
from mammovlm.training.full_size.losses import (
    DensityLoss,
    PretrainingLoss,
    joint_stage_loss,
)
from mammovlm.training.full_size.networks import JointNetwork, SelectorNetwork
from mammovlm.training.full_size.plan import FullStage, StagePlan
from mammovlm.training.full_size.sizes import Sizes
from mammovlm.training.full_size.spread_alarm import SpreadAlarm
from mammovlm.training.full_size.stage_record import (
    StageRecord,
    read_stage,
    then,
    write_stage,
)
from mammovlm.training.full_size.steps import FullSizePlace, train_full_size
from mammovlm.training.made_of import hash_of, without

_BEFORE: Final[Mapping[type, tuple[FullStage, ...]]] = {
    SelectorNetwork: ("S0",),
    JointNetwork: ("S1", "S2"),
}
_log = get_logger(__name__)  # speaks in the first process alone
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
    network.to(place.accelerator.device)
    if first.before is None:
        _scale(network, source, plan, place)
    steps, loss = plan.epochs * (len(source) // plan.batch), _loss(stage, network, plan)
    made_of = _made_of(stage, sizes, plan, source, first)
    noting = replace(place, progress=_noting(stage, loss, steps, place), made_of=made_of)
    train_full_size(loss, source, plan, steps, noting)
    if place.accelerator.is_main_process:
        write_stage(out, network, _record(stage, network, source, begun, learned_from))
    place.accelerator.wait_for_everyone()
    return out


def _scale(
    network: SelectorNetwork | JointNetwork,
    source: ExamSource,
    plan: StagePlan,
    place: FullSizePlace,
) -> None:
    """Fit the scales of what will be trained, where it will be trained."""
    rows = range(min(_SCALED_ON, len(source)))
    batch = source.batch(rows, step=0).to(place.accelerator.device)
    if isinstance(network, SelectorNetwork):
        network.fit_scale(batch, plan.at_once)
    else:
        network.fit_scale(batch, plan.at_once, source.experts)


def _noting(
    stage: FullStage, loss: nn.Module, steps: int, place: FullSizePlace
) -> Callable[[int, float], None]:
    """Add the curve of the loss to a place's progress, and of S1 the spread with its alarm."""
    alarm = SpreadAlarm(steps, _log.warning)

    def note(step: int, value: float) -> None:
        place.progress(step, value)
        place.curve(stage, step, value)
        if isinstance(loss, PretrainingLoss):
            place.curve(f"{stage} spread", step, loss.spread)
            alarm.note(step, loss.spread)

    return note


def _made_of(
    stage: FullStage, sizes: Sizes, plan: StagePlan, source: ExamSource, first: FirstWeights
) -> str:
    """Hash everything that decides what the stage learns."""
    card = first.encoders / CARD_NAME if first.encoders else None
    files = {"before": first.before, "encoders": card, "text": first.text}
    return hash_of(
        {
            "stage": stage,
            "plan": without(asdict(plan), {"at_once"}),
            "networks": [str(sizes.preset), sizes.text.to_json_string()],
            "exams": source.identity,
            "first": {name: file_sha256(path) for name, path in files.items() if path},
        }
    )


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
    return joint_stage_loss(stage, network, plan)


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
