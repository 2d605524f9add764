"""Plays the pointing game: the most evident cell of a view lies in a lesion, or not (5.3)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mammovlm.training.evaluation import Measured, over_patients
from mammovlm.training.lesion_patches import CELL
from mammovlm.training.phantom_exams import PhantomExams, SeenLesion


@dataclass(frozen=True)
class PointingGame:
    """Result over all views that show a lesion of BI-RADS 3 or higher.

    Parameters
    ----------
    views
        How many.
    hits
        Share in which the most evident cell touches such a lesion.
    chance
        The same for a cell drawn anywhere in the breast.
    by_kind
        Views and share of hits by the kind of the most suspicious lesion.
    """

    views: int
    hits: Measured
    chance: float
    by_kind: dict[str, tuple[int, float]]


def pointing_game(exams: PhantomExams, peaks: Tensor) -> PointingGame:
    """Play it.

    Parameters
    ----------
    exams
        Not learned from.
    peaks
        Row and column in pixels of the input, (exams, 4, 2).

    Raises
    ------
    ValueError
        Where no view shows a lesion.
    """
    hits, chances, women, kinds = [], [], [], []
    for exam, truth in enumerate(exams.truths):
        inside = (exams.views(exam) > 0).flatten(1).sum(1)
        for view in range(4):
            lesions = [x for x in truth.lesions if x.view == view and x.assessment >= 3]
            if not lesions:
                continue
            hits.append(any(_touches(peaks[exam, view], lesion) for lesion in lesions))
            chances.append(min(1.0, sum(map(_area, lesions)) / max(1, int(inside[view]))))
            women.append(exam)
            kinds.append(lesions[0].kind)
    if not hits:
        raise ValueError("no view shows a lesion, so there is nothing to point at")
    scores = np.array(hits, dtype=np.float64)
    measured = over_patients(lambda rows: float(scores[rows].mean()), np.array(women))
    return PointingGame(len(hits), measured, float(np.mean(chances)), _by_kind(kinds, hits))


def _radius(lesion: SeenLesion) -> float:
    """Give how far from its middle a lesion is touched: half a cell's diagonal more."""
    return lesion.radius + CELL / math.sqrt(2)


def _touches(peak: Tensor, lesion: SeenLesion) -> bool:
    distance = torch.hypot(peak[0] - lesion.row, peak[1] - lesion.column)
    return float(distance) <= _radius(lesion)


def _area(lesion: SeenLesion) -> float:
    return math.pi * _radius(lesion) ** 2


def _by_kind(kinds: Sequence[str], hits: Sequence[bool]) -> dict[str, tuple[int, float]]:
    told = {}
    for kind in sorted(set(kinds)):
        those = [hit for hit, name in zip(hits, kinds, strict=True) if name == kind]
        told[kind] = (len(those), float(np.mean(those)))
    return told
