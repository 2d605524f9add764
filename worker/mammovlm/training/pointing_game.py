"""Plays the pointing game: the most evident cell of a view lies in a lesion, or not (5.3)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from torch import Tensor

from mammovlm.training.evaluation import Measured, over_patients
from mammovlm.training.lesion_patches import CELL
from mammovlm.training.phantom_exams import PhantomExams

_INPUT_CELL: Final = CELL / math.sqrt(2)


class Mark(Protocol):
    """A circle around what is to be pointed at, in the pixels in which the game is played."""

    @property
    def row(self) -> float:
        """Of its middle."""

    @property
    def column(self) -> float:
        """Of its middle."""

    @property
    def radius(self) -> float:
        """Of the circle."""


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
            place = peaks[exam, view].tolist()
            hits.append(any(touches(place, lesion) for lesion in lesions))
            chances.append(chance(lesions, float(inside[view])))
            women.append(exam)
            kinds.append(lesions[0].kind)
    if not hits:
        raise ValueError("no view shows a lesion, so there is nothing to point at")
    scores = np.array(hits, dtype=np.float64)
    measured = over_patients(lambda rows: float(scores[rows].mean()), np.array(women))
    return PointingGame(len(hits), measured, float(np.mean(chances)), _by_kind(kinds, hits))


def peak(evidence: Tensor) -> tuple[float, float]:
    """Give row and column of the most evident cell's middle, in pixels of the input.

    Parameters
    ----------
    evidence
        Of one view, (rows, columns) of cells.
    """
    row, column = divmod(int(evidence.argmax()), evidence.shape[1])
    return CELL * (row + 0.5), CELL * (column + 0.5)


def touches(place: Sequence[float], mark: Mark, half_cell: float = _INPUT_CELL) -> bool:
    """Tell whether a cell's middle lies in a mark, or its cell touches it.

    Parameters
    ----------
    place
        Row and column.
    mark
        In the same pixels.
    half_cell
        Half of a cell's diagonal, in these pixels; by default that of a cell of the input.
    """
    distance = math.hypot(place[0] - mark.row, place[1] - mark.column)
    return distance <= mark.radius + half_cell


def chance(marks: Sequence[Mark], breast_pixels: float, half_cell: float = _INPUT_CELL) -> float:
    """Give the share of the breast in which a cell touches a mark, 0..1; see `touches`."""
    area = sum(math.pi * (mark.radius + half_cell) ** 2 for mark in marks)
    return min(1.0, area / max(1.0, breast_pixels))


def _by_kind(kinds: Sequence[str], hits: Sequence[bool]) -> dict[str, tuple[int, float]]:
    told = {}
    for kind in sorted(set(kinds)):
        those = [hit for hit, name in zip(hits, kinds, strict=True) if name == kind]
        told[kind] = (len(those), float(np.mean(those)))
    return told
