"""The check of the marks in a Mammography CAD SR: each is one of the findings' regions."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydicom import Dataset

from mammovlm.findings import Findings, Region
from mammovlm.results import codes
from mammovlm.results.expected_groups import is_drawn
from mammovlm.results.region_outline import ReadEllipse, read_ellipse
from mammovlm.results.report_content import (
    items_named,
    only_item,
    referenced_images,
    texts_named,
)


@dataclass(frozen=True)
class _Mark:
    title: str
    sop_instance_uid: str
    kind: str
    certainty: float


def differences_in_regions(stored: Dataset, findings: Findings) -> Iterator[str]:
    """Name what differs between the marks of a CAD SR and the regions, beside their tracking."""
    read = list(_marks(stored))
    expected = list(_expected(findings))
    if [mark for mark, _, _ in read] != [mark for mark, _ in expected]:
        yield "marks"
        return
    for (mark, ellipse, center), (_, region) in zip(read, expected, strict=True):
        is_there = abs(center[0] - ellipse.column) < 1 and abs(center[1] - ellipse.row) < 1
        if not (is_there and is_drawn(region, ellipse)):
            yield f"outline of {mark.title}"
    yield from _in_detections(stored, findings)


def _expected(findings: Findings) -> Iterator[tuple[_Mark, Region]]:
    """Work out the marks, breast by breast."""
    views = findings.views
    for breast in findings.breasts:
        for index, view in enumerate(views):
            if view.slot.laterality is not breast.laterality:
                continue
            earlier = sum(other.slot == view.slot for other in views[:index])
            name = f"{view.slot}" + (f" ({earlier + 1})" if earlier else "")
            for place, region in enumerate(view.regions, start=1):
                kind = codes.CAD_REGION_KINDS[region.kind].value
                certainty = round(100 * region.evidence, 1)
                title = f"Region {name} {place}"
                yield _Mark(title, view.sop_instance_uid, kind, certainty), region


def _marks(stored: Dataset) -> Iterator[tuple[_Mark, ReadEllipse, tuple[float, float]]]:
    library = only_item(stored, codes.IMAGE_LIBRARY).ContentSequence
    summary = only_item(stored, codes.PROCESSING_SUMMARY)
    for impression in items_named(summary, codes.INDIVIDUAL_IMPRESSION):
        for finding in items_named(impression, codes.SINGLE_IMAGE_FINDING):
            kind = str(finding.ConceptCodeSequence[0].CodeValue)
            if kind == codes.BREAST_COMPOSITION.value:
                continue
            outline, center = only_item(finding, codes.OUTLINE), only_item(finding, codes.CENTER)
            certainty = only_item(finding, codes.CERTAINTY_OF_FINDING)
            mark = _Mark(
                title="".join(texts_named(finding, codes.TRACKING_IDENTIFIER)),
                sop_instance_uid=_image(stored, library, outline),
                kind=kind,
                certainty=float(certainty.MeasuredValueSequence[0].NumericValue),
            )
            column, row = (float(value) for value in center.GraphicData)
            yield mark, read_ellipse(outline), (column, row)


def _image(stored: Dataset, library: list[Dataset], outline: Dataset) -> str:
    """Follow a reference by the place in the tree (PS3.3 C.17.3.2.5) to an image of the library."""
    root, place, entry = outline.ContentSequence[0].ReferencedContentItemIdentifier
    if root != 1 or stored.ContentSequence[place - 1].ContentSequence is not library:
        raise ValueError("a mark refers to an image of the library")
    return str(library[entry - 1].ReferencedSOPSequence[0].ReferencedSOPInstanceUID)


def _in_detections(stored: Dataset, findings: Findings) -> Iterator[str]:
    searched = [view.sop_instance_uid for view in findings.views if view.was_searched]
    summary = only_item(stored, codes.SUMMARY_OF_DETECTIONS)
    performed = [
        (str(item.ConceptCodeSequence[0].CodeValue), [uid for _, uid in referenced_images(item)])
        for group in items_named(summary, codes.SUCCESSFUL_DETECTIONS)
        for item in items_named(group, codes.DETECTION_PERFORMED)
    ]
    kinds = dict.fromkeys(kind.value for kind in codes.CAD_REGION_KINDS.values())
    if performed != [(kind, searched) for kind in kinds if searched]:
        yield "detections"
