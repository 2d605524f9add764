"""The check of the heat maps before storing: each shows its view with its evidence."""

import math
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from pydicom import Dataset

from mammovlm.errors import ResultInvalid
from mammovlm.evidence import EvidenceMap
from mammovlm.findings import Findings, Region
from mammovlm.results.heat_map import COMMENT, KIND
from mammovlm.results.heat_picture import heat_picture, palette
from mammovlm.results.object_check import check_object, differences_beside_report
from mammovlm.results.object_header import HEAT_SERIES
from mammovlm.results.uids import derived_uid
from mammovlm.study import Study, View


def check_heat_maps(
    made: Sequence[Dataset],
    report: Dataset,
    study: Study,
    findings: Findings,
    evidence: Sequence[EvidenceMap],
    *,
    named: Dataset,
) -> None:
    """Write each heat map, read it again, and compare it with view, evidence and report.

    Parameters
    ----------
    made, report, study, findings, evidence
        The heat maps, and what they are compared with.
    named
        The document that each must name.

    Raises
    ------
    ResultInvalid
        If one cannot be written, read, or differs, or is missing; the message names what differs.
    """
    if len(made) != len(evidence):
        raise ResultInvalid("the heat maps are not one for each view")
    for number, (image, one) in enumerate(zip(made, evidence, strict=True), start=1):
        view = next(v for v in study.views if v.source.sop_instance_uid == one.sop_instance_uid)
        found = next(v for v in findings.views if v.sop_instance_uid == one.sop_instance_uid)
        check_object(
            "heat map",
            image,
            partial(
                _differences, report=report, named=named, view=view, evidence=one, number=number
            ),
        )
        if not all(_is_evident(one, region) for region in found.regions):
            raise ResultInvalid("the heat map has no evidence where a region is marked")


def _differences(
    stored: Dataset,
    *,
    report: Dataset,
    named: Dataset,
    view: View,
    evidence: EvidenceMap,
    number: int,
) -> Iterator[str]:
    uid = evidence.sop_instance_uid
    for name in differences_beside_report(stored, report, KIND, HEAT_SERIES, is_document=False):
        if name != "SOPInstanceUID":  # one report has several heat maps
            yield name
    expected: dict[str, object] = {
        "SOPInstanceUID": derived_uid(f"{KIND} {uid}", report.SOPInstanceUID),
        "InstanceNumber": number,
        "ImageComments": COMMENT,
        "PhotometricInterpretation": "PALETTE COLOR",
        "BurnedInAnnotation": "NO",
    }
    yield from (name for name, value in expected.items() if stored.get(name) != value)
    yield from _in_references(stored, named, uid)
    shown = stored.pixel_array
    if shown.shape != view.pixels.shape or (shown != heat_picture(view.pixels, evidence)).any():
        yield "PixelData"
    if not _has_palette(stored):
        yield "palette"


def _in_references(stored: Dataset, named: Dataset, uid: str) -> Iterator[str]:
    (source,), (document,) = stored.SourceImageSequence, stored.ReferencedInstanceSequence
    if (source.ReferencedSOPInstanceUID, source.SpatialLocationsPreserved) != (uid, "YES"):
        yield "SourceImageSequence"
    if document.ReferencedSOPInstanceUID != named.SOPInstanceUID:
        yield "ReferencedInstanceSequence"


def _has_palette(stored: Dataset) -> bool:
    tables = [
        np.frombuffer(stored[f"{colour}PaletteColorLookupTableData"].value, "<u2") // 257
        for colour in ("Red", "Green", "Blue")
    ]
    return bool((np.stack(tables, axis=1) == palette()).all())


def _is_evident(evidence: EvidenceMap, region: Region) -> bool:
    """Say whether a cell that a region touches has the evidence for which it is marked."""
    down, across = (
        _cells(middle, radius, first, last, count)
        for middle, radius, first, last, count in (
            (region.row, region.row_radius, evidence.top, evidence.bottom, len(evidence.logits)),
            (
                region.column,
                region.column_radius,
                evidence.left,
                evidence.right,
                evidence.logits.shape[1],
            ),
        )
    )
    return bool((evidence.logits[down, across] > evidence.marked_from).any())


def _cells(middle: float, radius: float, first: float, last: float, count: int) -> slice:
    size = (last - first) / count
    start, stop = (middle - radius - first) / size, (middle + radius - first) / size
    return slice(max(0, math.floor(start)), max(0, math.ceil(stop)))
