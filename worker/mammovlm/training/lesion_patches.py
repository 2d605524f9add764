"""Patches of phantom views with labels for every cell, from which experts learn to find lesions."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mammovlm.model.lesion_finder import KINDS
from mammovlm.training.phantom_exams import COLUMNS, ROWS, ExamTruth, PhantomExams, SeenLesion

CELL = 8
"""Pixels of a cell's side."""
_CENTRED_ON = (("a lesion", 0.6), ("a benign finding", 0.12), ("the breast", 0.28))
_BENIGN = KINDS.index("benign")
_LEAST_RADIUS = 8.0
"""In pixels: a lesion smaller than a cell still marks the cells around its centre."""


@dataclass(frozen=True)
class CellLabels:
    """What is true of the cells of images, (images, rows, columns).

    Parameters
    ----------
    lesion
        float32: 1 where a lesion of BI-RADS 3 or higher lies, 0 elsewhere in the breast, -1 where
        nothing is asked: outside, and at a lesion's border.
    suspicious
        float32: the breast's 3-versus-4 label where such a lesion lies, -1 elsewhere.
    kinds
        int64: index into `KINDS` where any finding lies, -1 elsewhere.
    """

    lesion: Tensor
    suspicious: Tensor
    kinds: Tensor


@dataclass(frozen=True)
class PatchBatch:
    """Patches, float32 (images, 1, size, size), and what is true of them."""

    grey: Tensor
    labels: CellLabels


@dataclass(frozen=True)
class _Place:
    exam: int
    view: int
    row: float
    column: float


def patch_batches(
    exams: PhantomExams, rows: Sequence[int], *, size: int, batch: int, seed: int
) -> Iterator[PatchBatch]:
    """Give batches without end.

    Parameters
    ----------
    exams, rows
        Phantoms, and which of them to learn from.
    size
        Of a patch's side, in pixels; a multiple of `CELL`.
    batch
        Patches.
    seed
        The same seed gives the same patches.
    """
    rng = np.random.default_rng(seed)
    lesions = _lesions(exams, rows)
    while True:
        places = [_place(rng, lesions, rows, size) for _ in range(batch)]
        patches = [_patch(rng, exams, place, size) for place in places]
        grey, labels = zip(*patches, strict=True)
        yield PatchBatch(
            torch.stack(grey),
            CellLabels(*(torch.stack(parts) for parts in zip(*labels, strict=True))),
        )


def cell_labels(
    truth: ExamTruth, view: int, share: Tensor, *, top: int = 0, left: int = 0
) -> CellLabels:
    """Label the cells of one view or of a patch of it.

    Parameters
    ----------
    share
        How much of a cell is breast, (rows, columns).
    top, left
        First pixel of the patch.
    """
    rows, columns = share.shape
    down = top + CELL * (torch.arange(rows) + 0.5)[:, None]
    across = left + CELL * (torch.arange(columns) + 0.5)[None, :]
    lesion, suspicious = torch.zeros(rows, columns), torch.full((rows, columns), -1.0)
    kinds = torch.full((rows, columns), -1, dtype=torch.int64)
    for each in sorted(truth.lesions, key=lambda lesion: lesion.assessment):
        if each.view != view:
            continue
        distance = torch.hypot(down - each.row, across - each.column)
        radius = max(each.radius, _LEAST_RADIUS)
        near = distance < radius
        kinds[near] = _kind(each)
        if each.assessment >= 3:
            lesion[(distance < 1.3 * radius + CELL) & ~near & (lesion == 0)] = -1
            lesion[near] = 1
            suspicious[near] = truth.suspicious[view % 2]
    lesion[share < 0.5] = -1
    return CellLabels(lesion, suspicious, kinds)


def another_appearance(rng: np.random.Generator, grey: Tensor) -> Tensor:
    """Vary gamma, contrast, sharpness and noise, as stations and films do; background stays 0."""
    breast = (grey > 0).to(grey.dtype)
    changed = grey.clamp_min(1e-4) ** math.exp(rng.uniform(-0.35, 0.35))
    changed = changed * rng.uniform(0.8, 1.15) + rng.uniform(-0.05, 0.08)
    if rng.random() < 0.4:
        changed = _blurred(changed, rng.uniform(0.3, 0.9))
    noise = torch.from_numpy(rng.standard_normal(grey.shape, dtype=np.float32))
    changed = changed + rng.uniform(0, 0.015) * noise
    return (changed.clamp(0, 1) * breast).float()


_Lesions = dict[str, list[tuple[int, SeenLesion]]]


def _lesions(exams: PhantomExams, rows: Sequence[int]) -> _Lesions:
    """Give what a patch may be centred on, with the exam it lies in."""
    every = [(row, lesion) for row in rows for lesion in exams.truths[row].lesions]
    return {
        "a lesion": [(row, lesion) for row, lesion in every if lesion.assessment >= 3],
        "a benign finding": [(row, lesion) for row, lesion in every if lesion.assessment < 3],
    }


def _place(rng: np.random.Generator, lesions: _Lesions, rows: Sequence[int], size: int) -> _Place:
    """Choose the middle of a patch; lesions lie anywhere in theirs."""
    shares = np.cumsum([share for _, share in _CENTRED_ON])
    name, _ = _CENTRED_ON[int(np.searchsorted(shares, rng.random()))]
    chosen = lesions.get(name)
    if chosen:
        row, lesion = chosen[int(rng.integers(len(chosen)))]
        away = rng.uniform(-0.35 * size, 0.35 * size, 2)
        return _Place(row, lesion.view, lesion.row + away[0], lesion.column + away[1])
    row, view = rows[int(rng.integers(len(rows)))], int(rng.integers(4))
    # chest walls are on the left, so the left half of the input is nearly all breast
    return _Place(row, view, rng.uniform(0.15, 0.85) * ROWS, rng.uniform(0, 0.6) * COLUMNS)


def _patch(
    rng: np.random.Generator, exams: PhantomExams, place: _Place, size: int
) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
    top, left = (
        int(np.clip((middle - size / 2) // CELL * CELL, 0, length - size))
        for middle, length in ((place.row, ROWS), (place.column, COLUMNS))
    )
    window = exams.window(place.exam, place.view, slice(top, top + size), slice(left, left + size))
    grey = window[None].float() / 255
    share = functional.avg_pool2d((grey > 0).float(), CELL)[0]
    labels = cell_labels(exams.truths[place.exam], place.view, share, top=top, left=left)
    grey = another_appearance(rng, grey)
    parts = (grey, labels.lesion, labels.suspicious, labels.kinds)
    turned = [axis for axis, chance in ((-2, 0.5), (-1, 0.3)) if rng.random() < chance]
    grey, *told = (part.flip(turned) for part in parts)
    return grey, (told[0], told[1], told[2])


def _kind(lesion: SeenLesion) -> int:
    if lesion.assessment < 3:
        return _BENIGN
    return KINDS.index("asymmetry" if "asymmetry" in lesion.kind else lesion.kind)


def _blurred(grey: Tensor, sigma: float) -> Tensor:
    side = math.exp(-1 / (2 * sigma**2))
    kernel = torch.tensor([side, 1.0, side]) / (1 + 2 * side)
    across = functional.conv2d(grey[None], kernel.view(1, 1, 1, 3), padding=(0, 1))
    return functional.conv2d(across, kernel.view(1, 1, 3, 1), padding=(1, 0))[0]
