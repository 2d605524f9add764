"""Finds the cells of an image that look like a lesion, and how suspicious they look."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from mammovlm.model.lesion_cells import with_surroundings

HIDDEN = 64
SUMMARY_WIDTH = 4
_SHARPNESS = 2.0
_LEAST_BREAST = 0.5
_TOP = 8
_NOTHING = -30.0


@dataclass(frozen=True)
class CellFindings:
    """What is seen in every cell.

    Parameters
    ----------
    evidence
        Logit that a lesion of BI-RADS 3 or higher lies there, (images, cells); very low outside
        the breast.
    suspicion
        Logit that such a lesion is one of BI-RADS 4, (images, cells).
    """

    evidence: Tensor
    suspicion: Tensor


class LesionFinder(nn.Module):
    """A small perceptron on every fine cell of one expert.

    Parameters
    ----------
    channels
        Fine channels of the expert; each cell is read together with its surroundings.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(2 * channels))
        self.register_buffer("spread", torch.ones(2 * channels))
        self.inward = nn.Linear(2 * channels, HIDDEN)
        self.dropout = nn.Dropout(0.3)
        self.outward = nn.Linear(HIDDEN, 2)

    def read(self, cells: Tensor) -> Tensor:
        """Read cells with their surroundings, (…, 2 × channels) to (…, 2) logits."""
        hidden = functional.gelu(self.inward((cells - self.mean) / self.spread))
        logits: Tensor = self.outward(self.dropout(hidden))
        return logits

    def look(self, cells: Tensor, share: Tensor) -> CellFindings:
        """Look at every cell of images, (images, rows, columns, channels)."""
        logits = self.read(with_surroundings(cells, share).flatten(1, 2))
        outside = share.flatten(1) < _LEAST_BREAST
        return CellFindings(
            evidence=logits[..., 0].masked_fill(outside, _NOTHING),
            suspicion=logits[..., 1],
        )

    def forward(self, cells: Tensor, share: Tensor) -> Tensor:
        """Sum up an image, (images, `SUMMARY_WIDTH`).

        The highest evidence, the mean of the eight highest, the suspicion where there is evidence,
        and the highest of both together: a small lesion is not averaged away. These numbers mean
        the same for every finder, whichever patients it learned from.
        """
        found = self.look(cells, share)
        weights = torch.softmax(_SHARPNESS * found.evidence, dim=1)
        highest = found.evidence.topk(min(_TOP, found.evidence.shape[1]), dim=1).values
        both = functional.logsigmoid(found.evidence) + functional.logsigmoid(found.suspicion)
        return torch.stack(
            [
                highest[:, 0],
                highest.mean(1),
                (found.suspicion * weights).sum(1),
                both.amax(1),
            ],
            dim=1,
        )
