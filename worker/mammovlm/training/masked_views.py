"""Masked pairs for stage S1: the same view twice, each time with another square blacked out.

Paper 3.2.3: one square of 8 % of the image's area, strictly inside it, drawn twice independently.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from mammovlm.training.lesion_stage import LesionExpert
from mammovlm.training.phantom_exams import PhantomExams
from mammovlm.training.routed_views import RoutedViews, kept_views

MASK_SHARE: Final = 0.08
"""Of the image's area (paper 3.2.3)."""
_STREAM: Final = 8


def masked(views: Tensor, rng: np.random.Generator) -> Tensor:
    """Black out one square in each view, drawn for each anew.

    Parameters
    ----------
    views
        (views, rows, columns); left as they are.

    Returns
    -------
    Tensor
        Copies, the square's side the root of `MASK_SHARE` of the area, never touching an edge.
    """
    copies = views.clone()
    rows, columns = views.shape[-2:]
    side = round(math.sqrt(MASK_SHARE * rows * columns))
    for copy in copies:
        top = int(rng.integers(1, rows - side))
        left = int(rng.integers(1, columns - side))
        copy[top : top + side, left : left + side] = 0
    return copies


def masked_pairs(
    exams: PhantomExams,
    names: Sequence[str],
    experts: Mapping[str, LesionExpert],
    work: Path,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[RoutedViews, RoutedViews]:
    """Let every exam's expert look at both copies of its masked views.

    Parameters
    ----------
    exams, names, experts, work, progress
        As of `mammovlm.training.routed_views.routed_views`.
    """

    def pair(row: int) -> Tensor:
        rng = np.random.default_rng([exams.truths[row].seed, _STREAM])
        views = exams.views(row)
        return torch.cat([masked(views, rng), masked(views, rng)])

    both = kept_views(exams, names, experts, work, progress=progress, views=pair, kind="masked")
    return both.views(slice(0, 4)), both.views(slice(4, 8))
