"""Last feature maps of the experts that phantom exams are routed to, computed once and kept.

A map's cells are what lesions are learned from: a phantom knows where each of its lesions lies, and
a cell of 32 pixels is about as large as one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from mammovlm.model.pooling import breast_share
from mammovlm.training.features import FrozenEncoders
from mammovlm.training.phantom_exams import ExamTruth, PhantomExams, phantoms_fingerprint


@dataclass(frozen=True)
class ExpertCells:
    """Maps of the routed expert.

    Parameters
    ----------
    maps
        float16, (exams, 4, channels, rows, columns).
    share
        float16, (exams, 4, 1, rows, columns): how much of a cell is breast.
    """

    maps: Tensor
    share: Tensor

    def rows(self, rows: Tensor) -> "ExpertCells":
        """Give some of the exams."""
        return ExpertCells(self.maps[rows], self.share[rows])


def expert_cells(
    exams: PhantomExams,
    experts: Sequence[str],
    folder: Path,
    encoders: FrozenEncoders,
    progress: Callable[[int], None] = lambda done: None,
) -> ExpertCells:
    """Give the maps of every exam, from the folder where they are there already.

    Parameters
    ----------
    experts
        Which expert sees which exam, by name.
    folder
        Where shards are kept.
    """
    home = folder / f"cells-{phantoms_fingerprint()[:12]}"
    home.mkdir(parents=True, exist_ok=True)
    parts = []
    for row, expert in enumerate(experts):
        path = home / f"{exams.truths[row].seed:06d}-{expert}.safetensors"
        if not path.is_file():
            unfinished = path.with_suffix(".part")
            save_file(_computed(exams.views[row], expert, encoders), unfinished)
            unfinished.replace(path)
        parts.append(load_file(path))
        progress(row + 1)
    return ExpertCells(*(torch.stack([part[name] for part in parts]) for name in ("maps", "share")))


def cell_labels(truths: Sequence[ExamTruth], share: Tensor, stride: int = 32) -> Tensor:
    """Label every cell: 1 where a lesion of BI-RADS 3 or higher lies, 0 elsewhere in the breast.

    Parameters
    ----------
    truths, share
        Of the same exams.
    stride
        Input pixels per cell.

    Returns
    -------
    Tensor
        int8, (exams, 4, rows, columns); -1 where there is little or no breast.
    """
    exams, views, _, rows, columns = share.shape
    down = (torch.arange(rows) + 0.5)[:, None] * stride
    across = (torch.arange(columns) + 0.5)[None, :] * stride
    labels = torch.where(share[:, :, 0] > 0.3, 0, -1).to(torch.int8)
    for exam, truth in enumerate(truths):
        for lesion in truth.lesions:
            if lesion.assessment >= 3:
                reach = max(lesion.radius, 0.75 * stride)
                near = (down - lesion.row).square() + (across - lesion.column).square() < reach**2
                labels[exam, lesion.view][near] = 1
    assert labels.shape == (exams, views, rows, columns)
    return labels


def _computed(views: Tensor, expert: str, encoders: FrozenEncoders) -> dict[str, Tensor]:
    grey = views[:, None].float() / 255
    seen = encoders.expert_map(expert, grey)
    return {"maps": seen.half().contiguous(), "share": breast_share(grey, seen).half()}
