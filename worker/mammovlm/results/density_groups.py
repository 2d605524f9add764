"""Measurement groups for the breast density: one for each breast and one for the study."""

from collections.abc import Iterator

from highdicom.sr import ContainerContentItem
from pydicom.sr.coding import Code

from mammovlm.findings import Density
from mammovlm.results import codes
from mammovlm.results.content_items import algorithm_identification
from mammovlm.results.measurement_group import GroupContent, density_items, measurement_group
from mammovlm.results.report_context import ReportContext
from mammovlm.study import Laterality


def density_groups(context: ReportContext) -> Iterator[ContainerContentItem]:
    """Make the groups of every breast that has a density, then that of the study."""
    dense = [breast for breast in context.findings.breasts if breast.density is not None]
    for breast in dense:
        if breast.density is not None:
            side = codes.SIDES[breast.laterality]
            title = f"Density {breast.laterality}"
            yield _group(context, title, breast.density, side, [breast.laterality])
    overall = context.findings.density
    if overall is not None:
        sides = [breast.laterality for breast in dense] or list(Laterality)
        side = codes.SIDES[sides[0]] if len(sides) == 1 else codes.BILATERAL
        yield _group(context, "Density overall", overall, side, sides)


def _group(
    context: ReportContext, title: str, density: Density, side: Code, sides: list[Laterality]
) -> ContainerContentItem:
    images = context.images(sides)
    probability, category = density_items(density, images)
    return measurement_group(
        GroupContent(
            title=title,
            tracking_uid=context.uids.tracking(title),
            finding=codes.BREAST_COMPOSITION,
            side=side,
            numbers=[probability],
            images=images,
            algorithm=algorithm_identification(context.findings.algorithm, []),
            evaluations=[category],
        )
    )
