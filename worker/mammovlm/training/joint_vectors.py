"""From what experts saw to the vectors that UMiCon's perceptron reads."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from mammovlm.model.umicon import ExpertAdapter
from mammovlm.training.joint_stage import JointModel
from mammovlm.training.lesion_stage import LesionExpert
from mammovlm.training.routed_views import RoutedViews


@dataclass(frozen=True)
class SeenWomen:
    """What the experts saw of the women that UMiCon learns from and is measured on.

    Parameters
    ----------
    seen
        Every woman by the expert of her density.
    routes
        Index of that expert, (exams,).
    train
        Rows of the training women.
    by_expert
        The training women as every expert sees them, whatever their density.
    """

    seen: RoutedViews
    routes: Tensor
    train: Tensor
    by_expert: Mapping[str, RoutedViews]


def fit_adapters(model: JointModel, women: SeenWomen, experts: Mapping[str, LesionExpert]) -> None:
    """Give every adapter its expert's finder and the scale of the training women it serves.

    An expert that serves no density has the scale of all training women: it may be asked for
    comparison.
    """
    learned = torch.zeros(len(women.routes), dtype=torch.bool)
    learned[women.train] = True
    for index, name in enumerate(model.umicon.adapters):
        adapter = model.umicon.adapter(name)
        if adapter.finder is not None:
            adapter.finder.load_state_dict(experts[name].finder.state_dict())
        mine = women.routes == index
        known = (mine & learned).nonzero()[:, 0]
        served = women.seen.rows(known) if len(known) else women.by_expert[name]
        views = _joined(adapter, served).flatten(0, 1)
        adapter.mean.copy_(views.mean(0))
        adapter.spread.copy_(views.std(0) + 1e-2)


def routed_vectors(model: JointModel, seen: RoutedViews, routes: Tensor) -> Tensor:
    """Pool and scale every woman's views by her expert's adapter, (exams, views, width)."""
    vectors: list[Tensor | None] = [None] * len(routes)
    for index, name in enumerate(model.umicon.adapters):
        mine = (routes == index).nonzero()[:, 0]
        if len(mine):
            found = scaled_vectors(model.umicon.adapter(name), seen.rows(mine))
            for row, vector in zip(mine.tolist(), found, strict=True):
                vectors[row] = vector
    return torch.stack([vector for vector in vectors if vector is not None])


def scaled_vectors(adapter: ExpertAdapter, seen: RoutedViews) -> Tensor:
    """Pool and scale by one adapter, (exams, views, width)."""
    return (_joined(adapter, seen) - adapter.mean) / adapter.spread


def _joined(adapter: ExpertAdapter, seen: RoutedViews) -> Tensor:
    summaries = seen.summaries.flatten(0, 1) if adapter.finder is not None else None
    joined: Tensor = adapter.joined(seen.pools.flatten(0, 1), summaries)
    return joined.view(*seen.pools.shape[:2], -1)
