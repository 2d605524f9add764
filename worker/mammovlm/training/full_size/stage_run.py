"""One stage at full size, from its first weights to the file that it leaves."""

from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mammovlm.errors import WeightsUnusable
from mammovlm.model.encoders import Encoder
from mammovlm.model.weights import WeightsFolder, load_into
from mammovlm.training.full_size.exams import ExamSource
from mammovlm.training.full_size.losses import DensityLoss, PretrainingLoss, SupervisedLoss
from mammovlm.training.full_size.networks import JointNetwork, SelectorNetwork
from mammovlm.training.full_size.plan import FullStage, StagePlan
from mammovlm.training.full_size.sizes import Sizes
from mammovlm.training.full_size.steps import FullSizePlace, train_full_size

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
    out: Path,
) -> Path:
    """Train S0, S1 or S2 and write its networks; of several processes the first one writes.

    Parameters
    ----------
    source
        Exams to learn from.
    out
        A safetensors file.

    Raises
    ------
    WeightsUnusable
        Where first weights belong to another architecture.
    ValueError
        As of `train_full_size`.
    """
    network = SelectorNetwork(sizes.preset) if stage == "S0" else JointNetwork(
        sizes.preset, sizes.text
    )  # fmt: skip
    _start(network, first)
    if first.before is None:
        rows = range(min(_SCALED_ON, len(source)))
        network.fit_scale(source.batch(rows, step=0), plan.at_once)
    steps = plan.epochs * (len(source) // plan.batch)
    train_full_size(_loss(stage, network, plan), source, plan, steps, place)
    if place.accelerator.is_main_process:
        out.parent.mkdir(parents=True, exist_ok=True)
        save_file(_kept(network), out)
    place.accelerator.wait_for_everyone()
    return out


def _loss(stage: FullStage, network: SelectorNetwork | JointNetwork, plan: StagePlan) -> nn.Module:
    if isinstance(network, SelectorNetwork):
        return DensityLoss(network, plan.at_once)
    return (PretrainingLoss if stage == "S1" else SupervisedLoss)(network, plan.at_once)


def _start(network: SelectorNetwork | JointNetwork, first: FirstWeights) -> None:
    if first.encoders is not None:
        _load_encoders(network, WeightsFolder(first.encoders))
    if first.text is not None and isinstance(network, JointNetwork):
        _load_text(network, load_file(first.text))
    if first.before is not None:
        load_into(network, load_file(first.before), "stage before")


def _load_encoders(network: SelectorNetwork | JointNetwork, folder: WeightsFolder) -> None:
    if isinstance(network, SelectorNetwork):
        parts: dict[str, nn.Module] = {"selector_encoder": network.encoder}
    else:
        parts = {f"expert_{name}": expert for name, expert in network.experts.items()}
    for name, encoder in parts.items():
        if folder.has(name) and isinstance(encoder, Encoder):
            load_into(encoder.backbone, folder.tensors(name), name)


def _load_text(network: JointNetwork, tensors: dict[str, Tensor]) -> None:
    plain = {name.removeprefix("bert."): tensor for name, tensor in tensors.items()}
    missing, _ = network.text_encoder.load_state_dict(plain, strict=False)
    if missing:
        raise WeightsUnusable(
            f"The text encoder's weights lack {len(missing)} tensors, such as {missing[0]}."
        )


def _kept(network: nn.Module) -> dict[str, Tensor]:
    return {
        name: tensor.detach().cpu().clone().contiguous()
        for name, tensor in network.state_dict().items()
    }
