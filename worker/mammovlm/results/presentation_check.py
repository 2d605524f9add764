"""The check of a presentation state before storing: it draws the findings' regions and no other."""

from collections.abc import Iterator
from functools import partial

from pydicom import Dataset

from mammovlm.findings import Findings, Region
from mammovlm.results.displayed_grey import own_voi, shared_grey
from mammovlm.results.expected_groups import is_drawn
from mammovlm.results.object_check import check_object, differences_beside_report
from mammovlm.results.object_header import REGION_SERIES
from mammovlm.results.presentation_state import KIND, LABEL
from mammovlm.results.region_outline import read_ellipse
from mammovlm.results.report_content import read_content
from mammovlm.study import Study


def check_presentation_state(
    made: Dataset, report: Dataset, study: Study, findings: Findings
) -> None:
    """Write the presentation state, read it again, and compare it with findings and report.

    Raises
    ------
    ResultInvalid
        If it cannot be written, read, or differs; the message names what differs.
    """
    check_object(
        "presentation state",
        made,
        partial(_differences, report=report, study=study, findings=findings),
    )


def _differences(
    stored: Dataset, report: Dataset, study: Study, findings: Findings
) -> Iterator[str]:
    yield from differences_beside_report(stored, report, KIND, REGION_SERIES, is_document=False)
    yield from _in_images(stored, study)
    yield from _in_grey(stored, study)
    yield from _in_annotations(stored, report, findings)


def _in_images(stored: Dataset, study: Study) -> Iterator[str]:
    expected = sorted(
        (view.source.series_instance_uid, view.source.sop_class_uid, view.source.sop_instance_uid)
        for view in study.views
    )
    listed = sorted(
        (
            str(series.SeriesInstanceUID),
            str(image.ReferencedSOPClassUID),
            str(image.ReferencedSOPInstanceUID),
        )
        for series in stored.ReferencedSeriesSequence
        for image in series.ReferencedImageSequence
    )
    if listed != expected:
        yield "ReferencedSeriesSequence"
    areas = {
        _image_of(area): (
            *area.DisplayedAreaTopLeftHandCorner,
            *area.DisplayedAreaBottomRightHandCorner,
        )
        for area in stored.DisplayedAreaSelectionSequence
    }
    sources = [view.source for view in study.views]
    if areas != {one.sop_instance_uid: (1, 1, one.columns, one.rows) for one in sources}:
        yield "DisplayedAreaSelectionSequence"


def _in_grey(stored: Dataset, study: Study) -> Iterator[str]:
    grey = shared_grey(study)
    if grey is None or stored.PresentationLUTShape != grey.shape:
        yield "PresentationLUTShape"
    windowed = {_image_of(item) for item in stored.get("SoftcopyVOILUTSequence") or ()}
    if windowed != {
        view.source.sop_instance_uid for view in study.views if own_voi(view.source.header)
    }:
        yield "SoftcopyVOILUTSequence"


def _in_annotations(stored: Dataset, report: Dataset, findings: Findings) -> Iterator[str]:
    expected = list(_expected(findings))
    drawn = list(stored.GraphicAnnotationSequence)
    if [_image_of(item) for item in drawn] != [image for image, _ in expected]:
        yield "annotations"
        return
    groups = [group for group in read_content(report).groups if group.ellipse is not None]
    tracked = {group.title: group.tracking_uid for group in groups}
    for item, (_, region) in zip(drawn, expected, strict=True):
        (graphic,), (text,) = item.GraphicObjectSequence, item.TextObjectSequence
        title = str(graphic.TrackingID)
        if graphic.GraphicAnnotationUnits != "PIXEL" or not is_drawn(region, read_ellipse(graphic)):
            yield f"outline of {title}"
        if tracked.get(title) != graphic.TrackingUID:
            yield f"tracking of {title}"
        if text.UnformattedTextValue != f"{LABEL}: {title}":
            yield f"label of {title}"


def _expected(findings: Findings) -> Iterator[tuple[str, Region]]:
    for view in findings.views:
        for region in view.regions:
            yield view.sop_instance_uid, region


def _image_of(item: Dataset) -> str:
    (image,) = item.ReferencedImageSequence
    return str(image.ReferencedSOPInstanceUID)
