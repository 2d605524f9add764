"""Teaches experts to find lesions, on patches of phantoms that know where theirs are.

One network learns from all densities; then every expert goes on from there with the exams that the
density selector routes to it (four-systems A7, A16). UMiCon never learns from these women: a finder
is far too sure of those it knows.
"""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from mammovlm.model.encoders import Encoder
from mammovlm.model.lesion_finder import LesionFinder
from mammovlm.training.lesion_patches import CellLabels, PatchBatch, patch_batches
from mammovlm.training.loss_curves import Curve, untold
from mammovlm.training.made_of import (
    KEY,
    beginning_anew,
    fits,
    hash_of,
    hash_of_tensors,
    keep_aside,
)
from mammovlm.training.phantom_exams import PhantomExams, phantoms_fingerprint

_log = logging.getLogger(__name__)
_FROZEN = ("conv_stem.", "bn1.", "blocks.0.", "blocks.1.")
"""The finest, dearest layers keep what they know from ImageNet: edges, not mammograms."""


@dataclass(frozen=True)
class LesionConfig:
    """Sizes of the stage.

    Parameters
    ----------
    steps, expert_steps
        On all densities, then on those of each expert.
    batch, size
        Patches, and pixels of a patch's side.
    rate, expert_rate
        Highest learning rate of the finder; the encoder's is a fifth.
    decay
        Of AdamW.
    keep_every
        Steps between two checkpoints.
    """

    steps: int = 2500
    expert_steps: int = 100
    batch: int = 20
    size: int = 192
    rate: float = 2e-3
    expert_rate: float = 5e-4
    decay: float = 0.02
    keep_every: int = 100
    seed: int = 0


class LesionExpert(nn.Module):
    """An expert's encoder with the finder that reads its maps.

    Parameters
    ----------
    encoder, finder
        Of one expert.
    """

    def __init__(self, encoder: Encoder, finder: LesionFinder) -> None:
        super().__init__()
        self.encoder = encoder
        self.finder = finder
        for name, parameter in encoder.backbone.named_parameters():
            parameter.requires_grad_(not name.startswith(_FROZEN))

    def forward(self, grey: Tensor) -> Tensor:
        """Logits of every cell; see `LesionFinder.logits`."""
        return self.finder.logits(self.encoder(grey).levels)


@dataclass(frozen=True)
class LesionWomen:
    """Phantom exams to learn from.

    Parameters
    ----------
    exams
        Of a run.
    rows
        Which of them the stage may see.
    experts
        Name of the expert of every exam of the run.
    """

    exams: PhantomExams
    rows: Sequence[int]
    experts: Sequence[str]

    def routed_to(self, expert: str) -> list[int]:
        """Give those of the rows that an expert serves."""
        return [row for row in self.rows if self.experts[row] == expert]


def train_experts(
    women: LesionWomen,
    new_expert: Callable[[str], Encoder],
    names: Sequence[str],
    *,
    config: LesionConfig,
    work: Path,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
    curve: Curve = untold,
) -> Mapping[str, LesionExpert]:
    """Train every expert, or go on where a stopped run of the same exams and settings left off.

    Parameters
    ----------
    new_expert
        Builds an expert's encoder with its first weights.
    names
        Of the experts; of one architecture, because they share the first steps.
    work
        Where checkpoints are kept.
    progress
        Told stage, steps done and steps to do.
    curve
        Told stage, step and loss.
    """
    torch.manual_seed(config.seed)
    encoder = new_expert(names[0])
    finder = LesionFinder(encoder.spec.level_channels)
    # about one cell in fifty holds a lesion
    nn.init.constant_(cast("Tensor", finder.outward.bias)[:1], -4.0)
    shared = LesionExpert(encoder, finder)
    told, noted = partial(progress, "lesions"), partial(curve, "lesions")
    course = _Course(config.steps, config.rate, work / "lesions", told, noted)
    _train(shared, women.exams, women.rows, course, config)
    experts = {}
    for name in names:
        encoder = new_expert(name)
        expert = LesionExpert(encoder, LesionFinder(encoder.spec.level_channels))
        expert.load_state_dict(shared.state_dict())
        rows = women.routed_to(name)
        told, noted = (partial(each, f"lesions, {name}") for each in (progress, curve))
        home = work / f"lesions-{name}"
        course = _Course(config.expert_steps, config.expert_rate, home, told, noted)
        if rows:
            _train(expert, women.exams, rows, course, config)
        experts[name] = expert.eval()
    return experts


def cell_loss(logits: Tensor, labels: CellLabels) -> Tensor:
    """Cross-entropy of evidence, suspicion and kind where each is asked.

    Parameters
    ----------
    logits
        Of `LesionFinder.logits`.
    """
    asked = labels.lesion >= 0
    loss = 4 * functional.binary_cross_entropy_with_logits(
        logits[:, 0][asked], labels.lesion[asked], pos_weight=torch.tensor(1.5)
    )
    asked = labels.suspicious >= 0
    if bool(asked.any()):
        loss = loss + functional.binary_cross_entropy_with_logits(
            logits[:, 1][asked], labels.suspicious[asked]
        )
    asked = labels.kinds >= 0
    if bool(asked.any()):
        kinds = logits[:, 2:].permute(0, 2, 3, 1)[asked]
        loss = loss + 0.5 * functional.cross_entropy(kinds, labels.kinds[asked])
    return loss


@dataclass(frozen=True)
class _Course:
    """One training: its steps, its highest rate, where its checkpoints lie, whom to tell."""

    steps: int
    rate: float
    folder: Path
    told: Callable[[int, int], None]
    curve: Callable[[int, float], None]

    def rate_at(self, step: int) -> float:
        """Warm up over a twentieth, then fall to nothing along a cosine; step counts from 0."""
        warm_up = max(1, self.steps // 20)
        share = (step - warm_up) / max(1, self.steps - warm_up)
        return self.rate * min(
            (step + 1) / warm_up, 0.5 * (1 + math.cos(math.pi * max(0.0, share)))
        )

    def keep(
        self, step: int, model: nn.Module, optimiser: torch.optim.Optimizer, made_of: str
    ) -> None:
        """Write weights and optimiser; safetensors, no pickle."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
        for index, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": part for name, part in state.items()}
        unfinished = self.folder / f"{step}.part"
        contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
        save_file(contiguous, unfinished, {KEY: made_of})
        unfinished.replace(self.folder / f"{step}.safetensors")
        for older in self.folder.glob("*.safetensors"):
            if int(older.stem) < step:
                older.unlink()

    def resume(self, model: nn.Module, optimiser: torch.optim.Optimizer, made_of: str) -> int:
        """Put back the newest checkpoint of the same run and give its step; 0 without one.

        Those of another run are kept aside.
        """
        for path in sorted(self.folder.glob("*.safetensors")):
            if not fits(path, made_of):
                _log.warning(beginning_anew(path))
                keep_aside(path, made_of)
        steps = [int(path.stem) for path in self.folder.glob("*.safetensors")]
        if not steps:
            return 0
        tensors = load_file(self.folder / f"{max(steps)}.safetensors")
        model.load_state_dict({name: tensors[f"model.{name}"] for name in model.state_dict()})
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("optimiser."):
                _, index, part = name.split(".")
                state.setdefault(int(index), {})[part] = tensor
        groups = optimiser.state_dict()["param_groups"]
        optimiser.load_state_dict({"state": state, "param_groups": groups})
        return max(steps)


def _train(
    expert: LesionExpert,
    exams: PhantomExams,
    rows: Sequence[int],
    course: _Course,
    config: LesionConfig,
) -> None:
    """Train in place; BatchNorm keeps its statistics (evaluation mode throughout)."""
    expert.eval()
    encoder = [part for part in expert.encoder.parameters() if part.requires_grad]
    finder = list(expert.finder.parameters())
    optimiser = torch.optim.AdamW(
        [{"params": encoder}, {"params": finder}], weight_decay=config.decay
    )
    made_of = _made_of(expert, exams, rows, course, config)
    done = course.resume(expert, optimiser, made_of)
    # another seed after a stop: the patches of the first steps do not come again
    batches = patch_batches(
        exams, rows, size=config.size, batch=config.batch, seed=1_000_000 * config.seed + done
    )
    for step in range(done, course.steps):
        rate = course.rate_at(step)
        optimiser.param_groups[0]["lr"], optimiser.param_groups[1]["lr"] = rate / 5, rate
        course.curve(step + 1, _learn(expert, next(batches), optimiser))
        if (step + 1) % config.keep_every == 0 or step + 1 == course.steps:
            course.keep(step + 1, expert, optimiser, made_of)
        course.told(step + 1, course.steps)


def _made_of(
    expert: LesionExpert,
    exams: PhantomExams,
    rows: Sequence[int],
    course: _Course,
    config: LesionConfig,
) -> str:
    """Hash what decides a training: first weights, exams, settings."""
    some = exams.rows(torch.tensor(list(rows), dtype=torch.long))
    return hash_of(
        {
            "weights": hash_of_tensors(expert.state_dict().values()),
            "drawn by": phantoms_fingerprint(),
            "features": hash_of_tensors([some.selector]),
            "truths": some.truths,
            "course": (course.steps, course.rate),
            "config": (config.batch, config.size, config.decay, config.seed),
        }
    )


def _learn(expert: LesionExpert, batch: PatchBatch, optimiser: torch.optim.Optimizer) -> float:
    optimiser.zero_grad()
    loss = cell_loss(expert(batch.grey), batch.labels)
    loss.backward()
    nn.utils.clip_grad_norm_(expert.parameters(), 5.0)
    optimiser.step()
    return float(loss.detach())
