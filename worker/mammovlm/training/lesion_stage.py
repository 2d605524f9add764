"""Teaches an expert's adapter where lesions are, from phantoms that know it, and its scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from mammovlm.model.lesion_cells import with_surroundings
from mammovlm.model.lesion_finder import LesionFinder
from mammovlm.model.umicon import ExpertAdapter
from mammovlm.training.expert_cells import CellLabels, SeenExams


@dataclass(frozen=True)
class LesionConfig:
    """Sizes of the fit.

    Parameters
    ----------
    negatives
        Share of cells without a lesion that are kept; they outnumber the others fifty to one.
    epochs, batch, rate, decay
        Of AdamW, batch in cells.
    suspicion
        Weight of the suspicion of lesion cells.
    folds
        Finders for the views that UMiCon learns from.
    """

    negatives: float = 0.08
    epochs: int = 8
    batch: int = 512
    rate: float = 2e-3
    decay: float = 0.05
    suspicion: float = 1.0
    folds: int = 4
    seed: int = 0


def fit_adapter(
    adapter: ExpertAdapter,
    seen: SeenExams,
    labels: Sequence[CellLabels],
    exams: Sequence[int],
    config: LesionConfig,
) -> Tensor:
    """Fit lesion finder (where the pooling has one) and scale, in place.

    A finder is far too sure on the exams it learned from, and UMiCon would learn to trust it. So
    UMiCon learns from what finders say of exams that they did not learn from.

    Parameters
    ----------
    adapter
        Of one expert.
    seen, labels
        Of all exams.
    exams
        The training exams that were routed to that expert.

    Returns
    -------
    Tensor
        Pooled and scaled views of these exams, (exams, 4, width), out of fold.
    """
    raw = {exam: adapter.raw(seen.view(exam)).detach() for exam in exams}
    if adapter.finder is not None:
        for fold in range(config.folds):
            held_out = exams[fold :: config.folds]
            others = [exam for exam in exams if exam not in set(held_out)]
            _fit_finder(adapter.finder, seen, labels, others, config)
            with torch.no_grad():
                raw.update({exam: adapter.raw(seen.view(exam)) for exam in held_out})
        _fit_finder(adapter.finder, seen, labels, exams, config)
    together = torch.stack([raw[exam] for exam in exams])
    with torch.no_grad():
        adapter.mean.copy_(together.flatten(0, 1).mean(0))
        adapter.spread.copy_(together.flatten(0, 1).std(0) + 1e-2)
        return (together - adapter.mean) / adapter.spread


@torch.no_grad()
def pooled_views(adapter: ExpertAdapter, seen: SeenExams, exams: Sequence[int]) -> Tensor:
    """Pool and scale every view of some exams, (exams, 4, width)."""
    adapter.eval()
    return torch.stack([adapter(seen.view(exam)) for exam in exams])


def _fit_finder(
    finder: LesionFinder,
    seen: SeenExams,
    labels: Sequence[CellLabels],
    exams: Sequence[int],
    config: LesionConfig,
) -> None:
    generator = torch.Generator().manual_seed(config.seed)
    torch.manual_seed(config.seed)
    for layer in (finder.inward, finder.outward):
        layer.reset_parameters()
    cells, lesion, suspicious = _sampled(seen, labels, exams, config.negatives, generator)
    finder.mean.copy_(cells.mean(0))
    finder.spread.copy_(cells.std(0) + 0.05)
    optimiser = torch.optim.AdamW(finder.parameters(), lr=config.rate, weight_decay=config.decay)
    finder.train()
    for _ in range(config.epochs):
        for rows in torch.randperm(len(cells), generator=generator).split(config.batch):
            optimiser.zero_grad()
            logits = finder.read(cells[rows])
            loss = functional.binary_cross_entropy_with_logits(logits[:, 0], lesion[rows])
            asked = suspicious[rows] >= 0
            if bool(asked.any()):
                loss = loss + config.suspicion * functional.binary_cross_entropy_with_logits(
                    logits[asked, 1], suspicious[rows][asked]
                )
            loss.backward()
            optimiser.step()
    finder.eval()


def _sampled(
    seen: SeenExams,
    labels: Sequence[CellLabels],
    exams: Sequence[int],
    negatives: float,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gather every lesion cell and some of the others, with their labels."""
    parts = []
    for exam in exams:
        view, label = seen.view(exam), labels[exam]
        chance = torch.rand(label.lesion.shape, generator=generator)
        kept = (label.lesion == 1) | ((label.lesion == 0) & (chance < negatives))
        cells = with_surroundings(view.cells, view.share)[kept]
        parts.append((cells, label.lesion[kept].float(), label.suspicious[kept].float()))
    cells, lesion, suspicious = (torch.cat(part) for part in zip(*parts, strict=True))
    return cells, lesion, suspicious
