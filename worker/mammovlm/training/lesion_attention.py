"""Teaches an expert's adapter where lesions are, from phantoms that know it, and its scale."""

import torch
from torch import Tensor
from torch.nn import functional

from mammovlm.model.umicon import ExpertAdapter
from mammovlm.training.expert_cells import ExpertCells

_NEGATIVES_KEPT = 0.35
"""Cells without a lesion outnumber the others thirty to one."""


def fit_adapter(
    adapter: ExpertAdapter,
    cells: ExpertCells,
    labels: Tensor,
    *,
    decay: float = 0.01,
    seed: int = 0,
) -> None:
    """Fit evidence (where the pooling has attention) and scale, in place.

    Parameters
    ----------
    adapter
        Of one expert.
    cells, labels
        Training exams that were routed to that expert; see
        `mammovlm.training.expert_cells.cell_labels`.
    decay
        Weight of the squared length of the evidence's direction, in units of the features' spread.
    """
    if hasattr(adapter, "evidence"):
        _fit_evidence(adapter, cells, labels, decay, seed)
    with torch.no_grad():
        raw = pooled_views(adapter, cells, scaled=False).flatten(0, 1)
        adapter.mean.copy_(raw.mean(0))
        adapter.spread.copy_(raw.std(0) + 1e-2)


@torch.no_grad()
def pooled_views(adapter: ExpertAdapter, cells: ExpertCells, *, scaled: bool = True) -> Tensor:
    """Pool every view, (exams, 4, width), a few exams at a time."""
    pool = adapter if scaled else adapter.raw
    return torch.stack(
        [
            pool(maps.float(), share.float())
            for maps, share in zip(cells.maps, cells.share, strict=True)
        ]
    )


def _fit_evidence(
    adapter: ExpertAdapter, cells: ExpertCells, labels: Tensor, decay: float, seed: int
) -> None:
    """Fit a logistic regression of lesion cells against other cells of the breast."""
    channels = cells.maps.shape[2]
    flat = labels.flatten()
    chance = torch.rand(len(flat), generator=torch.Generator().manual_seed(seed))
    kept = (flat == 1) | ((flat == 0) & (chance < _NEGATIVES_KEPT))
    features = cells.maps.permute(0, 1, 3, 4, 2).reshape(-1, channels)[kept].float()
    target = flat[kept].float()
    mean, spread = features.mean(0), features.std(0) + 0.05
    features = (features - mean) / spread
    direction = torch.zeros(channels, requires_grad=True)
    bias = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([direction, bias], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> float:
        optimiser.zero_grad()
        value = functional.binary_cross_entropy_with_logits(features @ direction + bias, target)
        value = value + decay * direction.square().sum()
        value.backward()
        return float(value.detach())

    optimiser.step(loss)
    with torch.no_grad():
        folded = direction / spread
        adapter.evidence.weight.copy_(folded[None])
        adapter.evidence.bias.copy_(bias - folded @ mean)
