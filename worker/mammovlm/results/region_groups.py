"""Measurement groups for the marked regions (TID 1410): outline, scores and what it looks like."""

from collections.abc import Iterator

import numpy as np
from highdicom.sr import ContainerContentItem, ContentSequence, NumContentItem, ScoordContentItem
from pydicom.sr.coding import Code

from mammovlm.findings import Region, ViewFindings
from mammovlm.results import codes
from mammovlm.results.content_items import (
    CONTAINS,
    INFERRED_FROM,
    SELECTED_FROM,
    algorithm_identification,
    code,
    image,
    number,
)
from mammovlm.results.measurement_group import GroupContent, measurement_group
from mammovlm.results.percent import percent
from mammovlm.results.region_outline import ellipse_points
from mammovlm.results.report_context import ReportContext
from mammovlm.results.view_groups import titled_views
from mammovlm.study import SourceImage

RAW_SCORE = "calibration=none (raw score)"
"""Algorithm parameter of what no calibration was fitted for."""


def region_groups(context: ReportContext) -> Iterator[ContainerContentItem]:
    """Make the group of every region, view by view."""
    for title, view, region in titled_regions(context.findings.views):
        yield _group(context, title, view, region)


def titled_regions(
    views: tuple[ViewFindings, ...],
) -> Iterator[tuple[str, ViewFindings, Region]]:
    """Give each region its title, such as "Region LCC 1", and the view it lies in."""
    for title, view in titled_views(views):
        name = title.removeprefix("View ")
        for place, region in enumerate(view.regions, start=1):
            yield f"Region {name} {place}", view, region


def region_tracking(context: ReportContext, title: str, view: ViewFindings) -> str:
    """Give the tracking UID under which every object knows a region."""
    return context.uids.tracking(f"{title} {view.sop_instance_uid}")


def _group(
    context: ReportContext, title: str, view: ViewFindings, region: Region
) -> ContainerContentItem:
    source = context.view(view.sop_instance_uid).source
    kind = codes.REGION_KINDS.get(region.kind)
    return measurement_group(
        GroupContent(
            title=title,
            tracking_uid=region_tracking(context, title, view),
            finding=codes.SELECTED_REGION,
            side=codes.SIDES[view.slot.laterality],
            numbers=[
                _score(codes.REGION_EVIDENCE, region.evidence, source),
                _score(codes.REGION_SUSPICION, region.suspicion, source),
            ],
            images=[],
            algorithm=algorithm_identification(
                context.findings.algorithm, [f"expert={view.expert}", RAW_SCORE]
            ),
            evaluations=[] if kind is None else [code(codes.SINGLE_IMAGE_FINDING, kind)],
            region=_outline(region, source),
        )
    )


def _score(name: Code, score: float, source: SourceImage) -> NumContentItem:
    return number(
        name,
        percent(score),
        codes.PERCENT,
        children=[image(source, relationship=INFERRED_FROM)],
    )


def _outline(region: Region, source: SourceImage) -> ScoordContentItem:
    outline = ScoordContentItem(
        name=codes.IMAGE_REGION,
        graphic_type="ELLIPSE",
        graphic_data=np.array(ellipse_points(region)),
        relationship_type=CONTAINS,
    )
    outline.ContentSequence = ContentSequence([image(source, codes.SOURCE, SELECTED_FROM)])
    return outline
