"""Finds the cells of an image that look like a lesion, and tells how suspicious and of what kind.

A lesion of a few millimetres is a fraction of one cell of a network's last map and is averaged away
there. The finder reads the finer maps and says of every cell of the early one, 8 pixels wide, what
it sees; UMiCon gets a summary in which the most evident cells decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from timm.layers.norm import LayerNorm2d
from torch import Tensor, nn
from torch.nn import functional

WIDTH = 64
KINDS = ("mass", "calcifications", "asymmetry", "architectural distortion", "benign")
"""What a cell's finding may be; "benign" is any finding of BI-RADS 2."""
SUMMARY_WIDTH = 4 + len(KINDS) + WIDTH
_REACHES = (1, 2, 4)
_LEAST_BREAST = 0.5
_TOP = 8
_NOTHING = -30.0


@dataclass(frozen=True)
class CellFindings:
    """What is seen in every cell of the early map.

    Parameters
    ----------
    evidence
        Logit that a lesion of BI-RADS 3 or higher lies there, (images, rows, columns); very low
        outside the breast.
    suspicion
        Logit that such a lesion is one of BI-RADS 4, (images, rows, columns).
    kinds
        Logits of `KINDS`, (images, kinds, rows, columns).
    """

    evidence: Tensor
    suspicion: Tensor
    kinds: Tensor

    @property
    def is_breast(self) -> Tensor:
        """Whether a cell was looked at, (images, rows, columns)."""
        return self.evidence > _NOTHING


@dataclass(frozen=True)
class DecisiveCells:
    """What is seen in every cell, and how much of it the 3/4 logit rests on.

    Parameters
    ----------
    found
        By the lesion finder.
    weight
        On the scale of the finder's evidence, (images, rows, columns): regions are drawn by it.
        It is that evidence itself where no 3/4 head is trained; see
        `mammovlm.model.class_activation.decisive`.
    """

    found: CellFindings
    weight: Tensor


class LesionFinder(nn.Module):
    """Brings an expert's levels to one grid and looks around every cell.

    Parameters
    ----------
    channels
        Of the levels, fine to coarse; the second one's grid is that of the cells.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        finest, *others = channels
        # of the finest level a cell gets the mean and the maximum: a speck is lost in a mean
        self.inward = nn.ModuleList(nn.Conv2d(width, WIDTH, 1) for width in (2 * finest, *others))
        self.surroundings = nn.ModuleList(_look_around(reach) for reach in _REACHES)
        self.outward = nn.Conv2d(WIDTH, 2 + len(KINDS), 1)

    def hidden(self, levels: Sequence[Tensor]) -> Tensor:
        """Read levels to (images, `WIDTH`, rows, columns) of the second one's grid."""
        finest, *others = levels
        rows, columns = others[0].shape[-2:]
        grid = (rows, columns)
        both = [functional.adaptive_avg_pool2d(finest, grid),
                functional.adaptive_max_pool2d(finest, grid)]  # fmt: skip
        read: Tensor = self.inward[0](torch.cat(both, dim=1))
        for layer, level in zip(list(self.inward)[1:], others, strict=True):
            part = layer(level)
            if part.shape[-2:] != grid:
                part = functional.interpolate(part, grid, mode="bilinear", align_corners=False)
            read = read + part
        for block in self.surroundings:
            read = read + block(read)
        return read

    def logits(self, levels: Sequence[Tensor]) -> Tensor:
        """Evidence, suspicion and `KINDS` of every cell, (images, 2 + kinds, rows, columns)."""
        logits: Tensor = self.outward(self.hidden(levels))
        return logits

    def look(self, levels: Sequence[Tensor], share: Tensor) -> CellFindings:
        """Look at every cell.

        Parameters
        ----------
        levels
            Of the expert.
        share
            How much of a cell is breast, (images, rows, columns).
        """
        return _cell_findings(self.logits(levels), share)

    def forward(self, levels: Sequence[Tensor], share: Tensor) -> Tensor:
        """Sum up an image, (images, `SUMMARY_WIDTH`).

        The highest evidence, the mean of the eight highest, the suspicion where there is evidence,
        the highest of both together, the kind there, and what the finder saw there.
        """
        return self.sum_up(self.hidden(levels), share)[0]

    def sum_up(self, hidden: Tensor, share: Tensor) -> tuple[Tensor, CellFindings]:
        """Sum up what `hidden` gave as `forward` does, and tell what is seen in every cell."""
        found = _cell_findings(self.outward(hidden), share)
        return _summary(hidden, found), found


def _summary(hidden: Tensor, found: CellFindings) -> Tensor:
    evidence, suspicion = found.evidence.flatten(1), found.suspicion.flatten(1)
    weights = torch.softmax(evidence, dim=1)
    highest = evidence.topk(min(_TOP, evidence.shape[1]), dim=1).values
    both = functional.logsigmoid(evidence) + functional.logsigmoid(suspicion)
    there = [
        highest[:, 0],
        highest.mean(1),
        (suspicion * weights).sum(1),
        both.amax(1),
    ]
    kinds = torch.softmax(found.kinds, dim=1).flatten(2)
    return torch.cat(
        [
            torch.stack(there, dim=1),
            (kinds * weights[:, None]).sum(2),
            (hidden.flatten(2) * weights[:, None]).sum(2),
        ],
        dim=1,
    )


def _look_around(reach: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(WIDTH, WIDTH, 3, padding=reach, dilation=reach, groups=WIDTH),
        LayerNorm2d(WIDTH),  # over channels alone: the same for a patch and for the whole image
        nn.Conv2d(WIDTH, 2 * WIDTH, 1),
        nn.GELU(),
        nn.Conv2d(2 * WIDTH, WIDTH, 1),
    )


def _cell_findings(logits: Tensor, share: Tensor) -> CellFindings:
    outside = share < _LEAST_BREAST
    return CellFindings(
        evidence=logits[:, 0].masked_fill(outside, _NOTHING),
        suspicion=logits[:, 1],
        kinds=logits[:, 2:],
    )
