"""What the experts that phantom exams are routed to see in them, computed once and kept.

Fine cells are what lesions are learned from: a phantom knows where each of its lesions lies.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from mammovlm.model.lesion_cells import ExpertView
from mammovlm.training.features import FrozenEncoders
from mammovlm.training.phantom_exams import (
    COLUMNS,
    ROWS,
    ExamTruth,
    PhantomExams,
    phantoms_fingerprint,
)

_REACH = 11.5
"""A lesion marks cells whose centres are this near, in pixels, even where it is smaller: half the
diagonal of a cell, so that none goes unmarked."""


@dataclass(frozen=True)
class SeenExams:
    """What the routed expert sees in every exam.

    Parameters
    ----------
    views
        One per exam, with its four images; float16 in memory.
    """

    views: tuple[ExpertView, ...]

    def view(self, exam: int) -> ExpertView:
        """Give one exam in float32."""
        half = self.views[exam]
        return ExpertView(half.pools.float(), half.cells.float(), half.share.float())


def seen_exams(
    exams: PhantomExams,
    experts: Sequence[str],
    folder: Path,
    encoders: FrozenEncoders,
    progress: Callable[[int], None] = lambda done: None,
) -> SeenExams:
    """Give what experts see, from the folder where it is there already.

    Parameters
    ----------
    experts
        Which expert sees which exam, by name.
    folder
        Where it is kept, a file an exam and expert.
    """
    home = folder / f"seen-{phantoms_fingerprint()[:12]}"
    home.mkdir(parents=True, exist_ok=True)
    views = []
    for row, expert in enumerate(experts):
        path = home / f"{exams.truths[row].seed:06d}-{expert}.safetensors"
        if not path.is_file():
            unfinished = path.with_suffix(".part")
            save_file(_computed(exams.views[row], expert, encoders), unfinished)
            unfinished.replace(path)
        views.append(ExpertView(**load_file(path)))
        progress(row + 1)
    return SeenExams(tuple(views))


@dataclass(frozen=True)
class CellLabels:
    """What is true of the cells of one exam, int8, (4, rows, columns).

    Parameters
    ----------
    lesion
        1 where a lesion of BI-RADS 3 or higher lies, 0 elsewhere in the breast, -1 outside.
    suspicious
        The breast's 3-versus-4 label where such a lesion lies, -1 elsewhere.
    """

    lesion: Tensor
    suspicious: Tensor


def cell_labels(truth: ExamTruth, share: Tensor) -> CellLabels:
    """Label the cells of one exam.

    Parameters
    ----------
    share
        (4, rows, columns), how much of a cell is breast.
    """
    _, rows, columns = share.shape
    down = (torch.arange(rows) + 0.5)[:, None] * ROWS / rows
    across = (torch.arange(columns) + 0.5)[None, :] * COLUMNS / columns
    lesion = torch.where(share >= 0.5, 0, -1).to(torch.int8)
    suspicious = torch.full_like(lesion, -1)
    for each in truth.lesions:
        if each.assessment < 3:
            continue
        distance = (down - each.row).square() + (across - each.column).square()
        near = distance < max(each.radius, _REACH) ** 2
        lesion[each.view][near] = 1
        suspicious[each.view][near] = truth.suspicious[each.view % 2]
    return CellLabels(lesion, suspicious)


def _computed(views: Tensor, expert: str, encoders: FrozenEncoders) -> dict[str, Tensor]:
    seen = encoders.expert_view(expert, views[:, None].float() / 255)
    return {
        "pools": seen.pools.half().contiguous(),
        "cells": seen.cells.half().contiguous(),
        "share": seen.share.half().contiguous(),
    }
