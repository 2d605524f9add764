"""Stage S2: UMiCon, text projection, fusion and heads, supervised, on frozen experts' features.

Binary cross-entropy per breast plus contrast between patients (paper 3.2.4). A report is there for
some of the exams of a batch, by a share that is 0 unless told otherwise: a PACS has none when a
study arrives (four-systems A9). Metadata fields are blanked at random, so that a header without
them is no surprise.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from mammovlm.model.fusion import Fusion
from mammovlm.model.heads import HEAD_NAMES, PRESENCE, SUSPICION
from mammovlm.model.presets import Preset, UMiConSpec
from mammovlm.model.text_encoder import TextBranch
from mammovlm.model.umicon import UMiCon
from mammovlm.training.contrast import Reduction, contrast_between_patients
from mammovlm.training.joint_data import JointData, breast_means


@dataclass(frozen=True)
class JointConfig:
    """Sizes of stage S2.

    Parameters
    ----------
    epochs, batch
        Batch in exams.
    rate, decay
        Of AdamW.
    warm_up
        Steps (paper 4.2).
    contrast
        Weight of the contrast between patients, A6's lambda.
    report_share
        Share of the exams that come with their report, 0..1.
    seed
        Of weights, order and dropout.
    """

    epochs: int = 60
    batch: int = 64
    rate: float = 1e-3
    decay: float = 0.05
    warm_up: int = 6
    contrast: float = 1.0
    report_share: float = 0.0
    seed: int = 0


class JointModel(nn.Module):
    """Everything that stage S2 trains.

    Parameters
    ----------
    preset
        Widths of experts and text encoder.
    spec
        Of UMiCon.
    """

    def __init__(self, preset: Preset, spec: UMiConSpec) -> None:
        super().__init__()
        self.umicon = UMiCon(spec, preset.experts)
        self.text_branch = TextBranch(preset.text.width, spec.size)
        self.fusion = Fusion(spec.size)
        self.heads = nn.ModuleDict({name: nn.Linear(2 * spec.size, 1) for name in HEAD_NAMES})

    def forward(self, vectors: Tensor, text: Tensor, reports: Tensor | None = None) -> Tensor:
        """Fuse image and text: (exams, 4, width) each to (exams, 4, 256).

        Parameters
        ----------
        vectors
            Pooled and scaled features.
        text
            Encoded metadata.
        reports
            Encoded reports, rows of NaN where there is none.
        """
        image = self.umicon(vectors.flatten(0, 1))
        report = None if reports is None else reports.flatten(0, 1)
        fused: Tensor = self.fusion(image, self.text_branch(text.flatten(0, 1), report))
        return fused.view(*vectors.shape[:2], -1)

    def breast_logits(self, fused: Tensor) -> dict[str, Tensor]:
        """Score every breast, (exams, 2) by head: the mean over its views (four-systems A15)."""
        return {name: breast_means(head(fused)[..., 0]) for name, head in self.heads.items()}


def train_joint(
    model: JointModel,
    data: JointData,
    validation: JointData,
    *,
    config: JointConfig,
    progress: Callable[[int, float], None] = lambda epoch, loss: None,
) -> float:
    """Train in place, keep the epoch with the lowest validation loss, and give that loss.

    Parameters
    ----------
    model
        With fitted adapters, which stay as they are.
    data, validation
        Different patients.
    progress
        Told the epoch and its validation loss.
    """
    torch.manual_seed(config.seed)
    model.umicon.adapters.requires_grad_(requires_grad=False)
    steps = max(1, len(data.routes) // config.batch)
    optimiser, schedule = warmed_adamw(model.parameters(), config, steps * config.epochs)
    best, best_state = float("inf"), model.state_dict()
    for epoch in range(config.epochs):
        model.train()
        for rows in torch.randperm(len(data.routes)).chunk(steps):
            optimiser.zero_grad()
            _batch_loss(model, data.rows(rows), config).backward()
            optimiser.step()
            schedule.step()
        loss = _validation_loss(model, validation)
        progress(epoch, loss)
        if loss < best:
            best = loss
            best_state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.load_state_dict(best_state)
    model.eval()
    return best


class BreastTruths(Protocol):
    """What stage S2 is told of every breast; see `mammovlm.training.joint_data.JointData`."""

    @property
    def presence(self) -> Tensor:
        """(exams, 2), 0 or 1; -1 where nobody has said."""

    @property
    def suspicious(self) -> Tensor:
        """(exams, 2), 0, 1 or -1."""


def supervised_loss(logits: Mapping[str, Tensor], data: BreastTruths) -> Tensor:
    """Binary cross-entropy of both heads, where their question is asked (label 0 or 1).

    A batch in which it is asked of no breast teaches nothing of it.
    """
    presence = _cross_entropy(logits[PRESENCE], data.presence)
    return presence + _cross_entropy(logits[SUSPICION], data.suspicious)


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    asked = labels >= 0
    if not bool(asked.any()):  # the mean of nothing is no number
        return logits.sum() * 0
    return functional.binary_cross_entropy_with_logits(logits[asked], labels[asked].float())


def _batch_loss(model: JointModel, batch: JointData, config: JointConfig) -> Tensor:
    exams = len(batch.routes)
    variant = torch.randint(batch.texts.shape[0], (exams,))
    told = torch.rand(exams) < config.report_share
    reports = batch.reports.where(told[:, None, None], torch.nan) if bool(told.any()) else None
    fused = model(batch.vectors, batch.texts[variant, torch.arange(exams)], reports)
    return joint_loss(
        model.breast_logits(fused), fused, batch, torch.arange(exams), config.contrast
    )


def joint_loss(
    logits: Mapping[str, Tensor],
    fused: Tensor,
    truths: BreastTruths,
    patients: Tensor,
    contrast: float,
    *,
    reduction: Reduction = "mean",
) -> Tensor:
    """Give the stage's loss: binary cross-entropy, and contrast between patients.

    Parameters
    ----------
    logits
        By head, (exams, 2).
    fused
        (exams, 4, width).
    truths
        Of the same exams.
    patients
        Who they are of, (exams,), integers.
    contrast
        Weight of the contrast, A6's lambda.
    reduction
        Of the contrast over its pairs (A3).
    """
    known = (truths.presence >= 0).flatten()
    labels = (truths.suspicious + 1).flatten()  # nothing, 3, 4
    pairs = contrast_between_patients(
        breast_means(fused).flatten(0, 1)[known],
        labels[known],
        patients.repeat_interleave(2)[known],
        reduction=reduction,
    )
    return supervised_loss(logits, truths) + contrast * pairs


@torch.inference_mode()
def _validation_loss(model: JointModel, data: JointData) -> float:
    model.eval()
    logits = model.breast_logits(model(data.vectors, data.texts[0]))
    return float(supervised_loss(logits, data))


class _Rates(Protocol):
    """What a stage's config says of its optimiser."""

    @property
    def rate(self) -> float:
        """The highest learning rate."""

    @property
    def decay(self) -> float:
        """Weight decay."""

    @property
    def warm_up(self) -> int:
        """Steps until the highest rate."""


def warmed_adamw(
    parameters: Iterable[nn.Parameter], rates: _Rates, total: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """Give AdamW, and its rate by step: up from nothing, then down along a cosine in ``total``."""

    def at(step: int) -> float:
        if step < rates.warm_up:
            return (step + 1) / rates.warm_up
        share = (step - rates.warm_up) / max(1, total - rates.warm_up)
        return 0.5 * (1 + math.cos(share * math.pi))

    optimiser = torch.optim.AdamW(parameters, lr=rates.rate, weight_decay=rates.decay)
    return optimiser, torch.optim.lr_scheduler.LambdaLR(optimiser, at)
