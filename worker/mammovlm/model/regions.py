"""From what is seen in every cell of a view to the few regions worth marking in the stored image.

A region is drawn where the 3/4 logit gets what it rests on (`mammovlm.model.class_activation`), if
the lesion finder is sure enough that something is there: it explains the numbers, and detects
nothing beyond them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mammovlm.findings import Region, RegionKind
from mammovlm.model.image_processor import Placement
from mammovlm.model.lesion_finder import KINDS, DecisiveCells
from mammovlm.model.placement import to_stored

MOST_REGIONS = 3
"""Per view; a reader who gets more marks than that stops looking at them."""
LEAST_EVIDENCE = 2.4
"""Logit below which nothing is marked, chosen on 60 phantom exams that no expert learned from.

In 200 others, where nothing was chosen, a view without a lesion of BI-RADS 3 or higher gets 0.28
marks on average, and 56 % of such lesions are marked (docs/evaluation.md).
"""
_FALL = 2.0
"""A region holds the cells whose weight is no further below that of its peak."""
_TOUCHING = np.ones((3, 3), dtype=np.bool_)


@dataclass(frozen=True)
class InputGrid:
    """How the cells of a view lie in the stored image.

    Parameters
    ----------
    height, width
        Of the model's input, in pixels.
    placement
        Where the view's pixels went.
    rows, columns
        Of the stored image.
    """

    height: int
    width: int
    placement: Placement
    rows: int
    columns: int


def regions_of(cells: DecisiveCells, grid: InputGrid) -> tuple[Region, ...]:
    """Mark at most `MOST_REGIONS` regions of one view, the most evident first.

    A region is a local maximum of the weight with the cells around it that weigh at least a
    seventh as much in the 3/4 logit; where two maxima share their cells, the higher one has them.
    Its scores are what the lesion finder says there. They would be no measure of the extent: where
    the finder is sure, it is close to 1 far around.

    Parameters
    ----------
    cells
        Of one image.
    grid
        How its cells lie in the stored image.

    Raises
    ------
    ValueError
        If there is not exactly one image.
    """
    found = cells.found
    if found.evidence.shape[0] != 1:
        raise ValueError("regions are those of one image")
    evidence = found.evidence[0].double().numpy()
    around = ndimage.maximum_filter(evidence, footprint=_TOUCHING)
    suspicion = found.suspicion[0].double().numpy()
    kinds = found.kinds[0].argmax(0).numpy()
    marked = []
    for peak, extent in _peaks(cells.weight[0].double().numpy(), around):
        row, column, row_radius, column_radius = _ellipse(extent, grid)
        marked.append(
            Region(
                row=row,
                column=column,
                row_radius=row_radius,
                column_radius=column_radius,
                evidence=_score(around[peak]),
                suspicion=_score(suspicion[peak]),
                kind=RegionKind(KINDS[int(kinds[peak])]),
            )
        )
        if len(marked) == MOST_REGIONS:
            break
    return tuple(marked)


def _peaks(
    weight: npt.NDArray[np.float64], around: npt.NDArray[np.float64]
) -> Iterator[tuple[tuple[int, int], npt.NDArray[np.bool_]]]:
    """Give the local maxima where the finder is sure, highest first, each with its cells."""
    is_highest = weight == ndimage.maximum_filter(weight, footprint=_TOUCHING)
    is_peak = is_highest & (np.minimum(weight, around) > LEAST_EVIDENCE)
    places = np.argwhere(is_peak)
    order = np.argsort(-weight[is_peak], kind="stable")
    taken = np.zeros(weight.shape, dtype=np.bool_)
    for row, column in places[order]:
        labels, _ = ndimage.label(weight > weight[row, column] - _FALL, structure=_TOUCHING)
        extent = labels == labels[row, column]
        if not (extent & taken).any():
            taken |= extent
            yield (int(row), int(column)), extent


def _score(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def _ellipse(extent: npt.NDArray[np.bool_], grid: InputGrid) -> tuple[float, float, float, float]:
    """Middle and radii in the stored image of the ellipse drawn around some cells.

    It fits the cells' box and half a cell around it, and is cut to the image.
    """
    cell_height, cell_width = grid.height / extent.shape[0], grid.width / extent.shape[1]
    down, across = np.flatnonzero(extent.any(axis=1)), np.flatnonzero(extent.any(axis=0))
    first = corner(grid, (down[0] - 0.5) * cell_height, (across[0] - 0.5) * cell_width)
    last = corner(grid, (down[-1] + 1.5) * cell_height, (across[-1] + 1.5) * cell_width)
    top, bottom = (min(max(edge, 0.0), float(grid.rows)) for edge in (first[0], last[0]))
    left, right = (min(max(edge, 0.0), float(grid.columns)) for edge in sorted((first[1], last[1])))
    return (top + bottom) / 2, (left + right) / 2, (bottom - top) / 2, (right - left) / 2


def corner(grid: InputGrid, row: float, column: float) -> tuple[float, float]:
    """Give the place in the stored image of one in the input, both counted from the corner.

    It may lie outside the image, where the input has background.
    """
    down, across = to_stored(grid.placement, float(row) - 0.5, float(column) - 0.5)
    return down + 0.5, across + 0.5
