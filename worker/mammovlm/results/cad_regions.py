"""The marked regions in a Mammography CAD SR: single image findings, and that they were sought."""

from collections.abc import Iterator

from pydicom import Dataset
from pydicom.sr.coding import Code

from mammovlm.findings import Findings, Region, ViewFindings
from mammovlm.results import cad_items as items
from mammovlm.results import codes
from mammovlm.results.percent import percent
from mammovlm.results.region_groups import RAW_SCORE, region_tracking, titled_regions
from mammovlm.results.region_outline import ellipse_points
from mammovlm.results.report_context import ReportContext
from mammovlm.study import Laterality

LOCALISED = (
    "At most three regions are marked in a view, where the evidence of the algorithm is highest. "
    "The certainty of a mark is an uncalibrated score, and the absence of marks says nothing."
)
UNNAMED = "Marked by the algorithm; its kind is not named."
_LIBRARY = 2
"""Place of the image library among the items of the root, after the language."""


def was_searched(findings: Findings) -> bool:
    """Tell whether the model looks for regions at all."""
    return any(view.was_searched for view in findings.views)


def region_findings(context: ReportContext, side: Laterality) -> Iterator[Dataset]:
    """Make TID 4006 for every region in the views of one breast."""
    for title, view, region in titled_regions(context.findings.views):
        if view.slot.laterality is side:
            yield _finding(context, title, view, region)


def summary_of_detections(context: ReportContext) -> Dataset:
    """Make TID 4015 with TID 4017: each kind that can be marked was sought in each image."""
    searched = [view for view in context.findings.views if view.was_searched]
    if not searched:
        return items.code(codes.SUMMARY_OF_DETECTIONS, codes.NOT_ATTEMPTED)
    sources = [context.view(view.sop_instance_uid).source for view in searched]
    algorithm = context.findings.algorithm
    performed = [
        items.code(
            codes.DETECTION_PERFORMED,
            kind,
            items=[
                *items.algorithm_items(algorithm, [RAW_SCORE]),
                *(items.image(source, items.HAS_PROPERTIES) for source in sources),
            ],
        )
        for kind in dict.fromkeys(codes.CAD_REGION_KINDS.values())
    ]
    successful = items.container(codes.SUCCESSFUL_DETECTIONS, items.INFERRED_FROM, performed)
    return items.code(codes.SUMMARY_OF_DETECTIONS, codes.SUCCEEDED, items=[successful])


def _description(kind: Code) -> list[Dataset]:
    """Make TID 4013, which a region of no named kind has."""
    if kind != codes.SELECTED_REGION:
        return []
    return [items.text(codes.SELECTED_REGION_DESCRIPTION, UNNAMED)]


def _finding(context: ReportContext, title: str, view: ViewFindings, region: Region) -> Dataset:
    """Make TID 4006 with the geometry of TID 4021, tracked as in the structured report."""
    uids = [each.source.sop_instance_uid for each in context.study.views]
    image_item = (1, _LIBRARY, uids.index(view.sop_instance_uid) + 1)
    center = [(region.column, region.row)]
    kind = codes.CAD_REGION_KINDS[region.kind]
    return items.code(
        codes.SINGLE_IMAGE_FINDING,
        kind,
        items=[
            items.code(codes.RENDERING_INTENT, codes.PRESENTATION_OPTIONAL, items.HAS_CONCEPT_MOD),
            items.text(codes.TRACKING_IDENTIFIER, title, items.HAS_OBS_CONTEXT),
            items.uid(
                codes.TRACKING_UID, region_tracking(context, title, view), items.HAS_OBS_CONTEXT
            ),
            *items.algorithm_items(
                context.findings.algorithm, [f"expert={view.expert}", RAW_SCORE]
            ),
            items.number(
                codes.CERTAINTY_OF_FINDING, f"{percent(region.evidence):.1f}", codes.PERCENT
            ),
            items.outline(codes.CENTER, "POINT", center, image_item),
            items.outline(codes.OUTLINE, "ELLIPSE", ellipse_points(region), image_item),
            *_description(kind),
        ],
    )
