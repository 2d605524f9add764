"""Measurement groups for the single views: which expert looked, and what it gave."""

from collections.abc import Iterator

from highdicom.sr import ContainerContentItem, ContentItem, NumContentItem

from mammovlm.findings import ViewFindings
from mammovlm.results import codes
from mammovlm.results.content_items import (
    INFERRED_FROM,
    algorithm_identification,
    image,
    number,
)
from mammovlm.results.measurement_group import GroupContent, density_items, measurement_group
from mammovlm.results.percent import percent
from mammovlm.results.report_context import ReportContext


def view_groups(context: ReportContext) -> Iterator[ContainerContentItem]:
    """Make the group of every view that has a number, in hanging order."""
    for title, view in titled_views(context.findings.views):
        if view.density is not None or view.suspicion is not None:
            yield _group(context, title, view)


def titled_views(views: tuple[ViewFindings, ...]) -> Iterator[tuple[str, ViewFindings]]:
    """Give each view its title; the images of a mosaic share a slot and are counted."""
    seen: dict[str, int] = {}
    for view in views:
        name = str(view.slot)
        seen[name] = seen.get(name, 0) + 1
        yield f"View {name}" + (f" ({seen[name]})" if seen[name] > 1 else ""), view


def _group(context: ReportContext, title: str, view: ViewFindings) -> ContainerContentItem:
    source = context.view(view.sop_instance_uid).source
    numbers: list[NumContentItem] = []
    evaluations: list[ContentItem] = []
    if view.suspicion is not None:
        numbers.append(
            number(
                codes.VIEW_SUSPICION,
                percent(view.suspicion),
                codes.PERCENT,
                children=[image(source, relationship=INFERRED_FROM)],
            )
        )
    if view.density is not None:
        # the density decides which expert sees the view, so it belongs beside the expert
        probability, category = density_items(view.density, [source])
        numbers.append(probability)
        evaluations.append(category)
    return measurement_group(
        GroupContent(
            title=title,
            tracking_uid=context.uids.tracking(f"{title} {view.sop_instance_uid}"),
            finding=codes.BREAST_COMPOSITION
            if view.suspicion is None
            else codes.ASSESSMENT_CATEGORY,
            side=codes.SIDES[view.slot.laterality],
            numbers=numbers,
            images=[source],
            algorithm=algorithm_identification(
                context.findings.algorithm, [f"expert={view.expert}"]
            ),
            evaluations=evaluations,
        )
    )
