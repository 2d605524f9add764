"""Stage S1: UMiCon without verdicts, by masked pairs of images and by images with their reports.

Paper 3.2.3. Both losses are equation (1), with the readings A1 to A4 of four-systems; the experts
are frozen, each image goes through its own (A7).
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import mean

import torch
from torch import Tensor

from mammovlm.training.contrast import Negatives, contrast_of_pairs, mean_spread
from mammovlm.training.joint_data import JointData
from mammovlm.training.joint_stage import JointModel, warmed_adamw

SPREAD_ALARM = 0.5
"""A mean distance between patients below this means that the map goes constant (A2)."""


@dataclass(frozen=True)
class PretrainingConfig:
    """Sizes of stage S1.

    Parameters
    ----------
    unimodal, multimodal
        Which contrasts are used.
    mode
        See `mammovlm.training.contrast.Negatives`.
    epochs, batch
        Batch in exams.
    rate, decay, warm_up
        Of AdamW.
    """

    unimodal: bool = True
    multimodal: bool = True
    mode: Negatives = "negatives"
    epochs: int = 40
    batch: int = 32
    rate: float = 1e-3
    decay: float = 0.05
    warm_up: int = 6
    seed: int = 0


@dataclass(frozen=True)
class PretrainingData:
    """Exams for stage S1.

    Parameters
    ----------
    exams
        Vectors, metadata and reports of all.
    pairs
        Rows of those with masked copies.
    copies
        Their masked copies, pooled and scaled, (pairs, 4, width) each.
    """

    exams: JointData
    pairs: Tensor
    copies: tuple[Tensor, Tensor]


@dataclass(frozen=True)
class PretrainingResult:
    """How stage S1 ended, measured on other patients.

    Parameters
    ----------
    spread
        Mean distance of the images of different patients, 0..2.
    retrieved
        Share of breasts whose own report is among the five nearest; None without multimodal
        contrast.
    chance
        The same by drawing five reports.
    """

    spread: float
    retrieved: float | None
    chance: float

    @property
    def alarm(self) -> bool:
        """True where the embedding has collapsed."""
        return self.spread < SPREAD_ALARM


def pretrain(
    model: JointModel,
    data: PretrainingData,
    validation: JointData,
    config: PretrainingConfig,
    progress: Callable[[int, float], None] = lambda epoch, spread: None,
    *,
    curve: Callable[[int, float], None] = lambda epoch, loss: None,
) -> PretrainingResult:
    """Train UMiCon and the text branch in place.

    Parameters
    ----------
    model
        With fitted adapters, which stay as they are.
    data, validation
        Different patients.
    progress
        Told the epoch and the spread on validation patients.
    curve
        Told the epoch (from 1) and the mean loss of its batches.
    """
    torch.manual_seed(config.seed)
    model.umicon.adapters.requires_grad_(requires_grad=False)
    trained = [*model.umicon.perceptron.parameters(), *model.text_branch.parameters()]
    count = len(data.exams.routes)
    steps = max(1, count // config.batch)
    optimiser, schedule = warmed_adamw(trained, config, steps * config.epochs)
    for epoch in range(config.epochs):
        model.train()
        losses = []
        for rows in torch.randperm(count).chunk(steps):
            optimiser.zero_grad()
            loss = _batch_loss(model, data, rows, config)
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
        curve(epoch + 1, mean(losses))
        progress(epoch, _result(model, validation, config).spread)
    return _result(model, validation, config)


def _batch_loss(
    model: JointModel, data: PretrainingData, rows: Tensor, config: PretrainingConfig
) -> Tensor:
    loss = torch.zeros(())
    if config.unimodal:
        drawn = torch.randint(len(data.pairs), (len(rows),))
        exams = data.exams.rows(data.pairs[drawn])
        first, second = (model.umicon(copy[drawn].flatten(0, 1)) for copy in data.copies)
        loss = loss + contrast_of_pairs(
            first,
            second,
            view_labels(exams.suspicious),
            view_patients(data.pairs[drawn]),
            mode=config.mode,
        )
    if config.multimodal:
        exams = data.exams.rows(rows)
        image, text = _image_and_report(model, exams)
        loss = loss + contrast_of_pairs(
            image, text, view_labels(exams.suspicious), view_patients(rows), mode=config.mode
        )
    return loss


def _image_and_report(model: JointModel, exams: JointData) -> tuple[Tensor, Tensor]:
    """Embed plain views (A4) and the reports of their breasts; (views, width) each."""
    image = model.umicon(exams.vectors.flatten(0, 1))
    return image, model.text_branch(exams.blank.flatten(0, 1), exams.reports.flatten(0, 1))


def view_labels(suspicious: Tensor) -> Tensor:
    """Give nothing, 3 or 4 (0..2) for the breast of every view, in hanging order.

    Parameters
    ----------
    suspicious
        (exams, 2), see `mammovlm.training.joint_data.JointData`.
    """
    return (suspicious + 1).repeat(1, 2).flatten()


def view_patients(rows: Tensor) -> Tensor:
    """Give the patient of every view, in hanging order, from the patient of every exam."""
    return rows.repeat_interleave(4)


@torch.inference_mode()
def _result(
    model: JointModel, exams: JointData, config: PretrainingConfig, nearest: int = 5
) -> PretrainingResult:
    model.eval()
    image, text = _image_and_report(model, exams)
    patients = view_patients(torch.arange(len(exams.routes)))
    spread = float(mean_spread(image, patients))
    views = image.view(-1, 2, 2, image.shape[1]).mean(1).flatten(0, 1)
    reports = text.view(-1, 2, 2, text.shape[1])[:, 0].flatten(0, 1)
    ranks = torch.cdist(views, reports).topk(min(nearest, len(reports)), largest=False).indices
    own = (ranks == torch.arange(len(reports))[:, None]).any(1).float().mean()
    chance = min(1.0, nearest / len(reports))
    return PretrainingResult(spread, float(own) if config.multimodal else None, chance)
