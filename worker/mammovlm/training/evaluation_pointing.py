"""Compares where the model's evidence and regions lie with where the lesions do, view by view."""

import math
from collections.abc import Sequence

import numpy as np

from mammovlm.evidence import EvidenceMap
from mammovlm.findings import Region
from mammovlm.imaging.breast import breast_mask, reduced, reduction
from mammovlm.model import ModelOutput
from mammovlm.study import Study, View
from mammovlm.training.evaluation_scores import SoughtLesion, ViewPointing
from mammovlm.training.lesion_places import LesionPlace, LesionPlaces
from mammovlm.training.pointing_game import chance, touches

_SOUGHT_FROM = 3
"""BI-RADS category from which a lesion is to be pointed at."""


def pointing_of(
    study: Study, output: ModelOutput, places: LesionPlaces
) -> tuple[ViewPointing, ...]:
    """Compare every view in which something looked for lesions.

    Everything is compared in pixels of the stored image, where the regions are drawn.

    Parameters
    ----------
    study, output
        What the model read, and what it made of it.
    places
        Where lesions lie.
    """
    views = {view.source.sop_instance_uid: view for view in study.views}
    drawn = {view.sop_instance_uid: view.regions for view in output.findings.views}
    return tuple(
        _view_pointing(views[one.sop_instance_uid], one, drawn[one.sop_instance_uid], places)
        for one in output.evidence
    )


def _view_pointing(
    view: View, evidence: EvidenceMap, regions: Sequence[Region], places: LesionPlaces
) -> ViewPointing:
    sought = _sought(places.get(view.slot, ()))
    half, peak = _half_cell(evidence), _peak(evidence)
    middles = [(region.row, region.column) for region in regions]
    return ViewPointing(
        slot=view.slot,
        lesions=tuple(
            SoughtLesion(each.kind, each.assessment, _is_touched(each, middles, half))
            for each in sought
        ),
        is_hit=any(touches(peak, each, half) for each in sought),
        chance=round(chance(sought, _breast_pixels(view), half), 6) if sought else 0.0,
        regions=len(regions),
        astray=sum(not any(touches(each, one, half) for one in sought) for each in middles),
    )


def _sought(places: Sequence[LesionPlace]) -> list[LesionPlace]:
    """Give those of BI-RADS 3 or higher, most suspicious first."""
    high = [each for each in places if each.assessment >= _SOUGHT_FROM]
    return sorted(high, key=lambda each: each.assessment, reverse=True)


def _is_touched(
    lesion: LesionPlace, middles: Sequence[tuple[float, float]], half_cell: float
) -> bool:
    return any(touches(middle, lesion, half_cell) for middle in middles)


def _peak(evidence: EvidenceMap) -> tuple[float, float]:
    """Give row and column of the middle of the most evident cell."""
    rows, columns = evidence.logits.shape
    row, column = np.unravel_index(int(evidence.logits.argmax()), (rows, columns))
    down, across = (float(row) + 0.5) / rows, (float(column) + 0.5) / columns
    return (
        evidence.top + down * (evidence.bottom - evidence.top),
        evidence.left + across * (evidence.right - evidence.left),
    )


def _half_cell(evidence: EvidenceMap) -> float:
    """Give half of a cell's diagonal."""
    rows, columns = evidence.logits.shape
    height, width = evidence.bottom - evidence.top, evidence.right - evidence.left
    return math.hypot(height / rows, width / columns) / 2


def _breast_pixels(view: View) -> float:
    """Give the area of the breast; of the box around it where it cannot be outlined."""
    step = reduction(*view.pixels.shape)
    mask = breast_mask(reduced(view.pixels, step))
    if mask is None:
        box = view.breast
        return float((box.bottom - box.top) * (box.right - box.left))
    return float(mask.sum()) * step**2
