"""What the measurement groups of a report must say, worked out from the findings alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pydicom.sr.coding import Code

from mammovlm.findings import BreastFindings, Density, Findings, Likelihood, Region, ViewFindings
from mammovlm.results import codes
from mammovlm.results.assessment_groups import calibration_parameter
from mammovlm.results.region_outline import ReadEllipse
from mammovlm.results.report_content import ReadGroup, ReadNumber
from mammovlm.results.suggestions import suggested_category
from mammovlm.study import Laterality, Study

_Bounds = tuple[float, float | None, float | None]
_NEAR = 0.01
"""In pixels; coordinates are stored as 32-bit numbers."""
_OF_THE_WHOLE_BREAST = frozenset({codes.PRESENCE.value, codes.SUSPICION.value})


@dataclass(frozen=True)
class ExpectedGroup:
    """One measurement group as it must be.

    Parameters
    ----------
    title
        Its Tracking Identifier.
    finding, side
        What it is about, and CID 244.
    images
        SOP Instance UIDs, in hanging order.
    numbers
        Value, lower and upper bound in per cent, by code value of the concept name.
    evaluations
        Code values by code value of the concept name.
    parameters
        Algorithm parameters of the group, and of each number by its code value.
    region
        Whose outline the group must have.
    """

    title: str
    finding: Code
    side: Code
    images: tuple[str, ...]
    numbers: dict[str, _Bounds]
    evaluations: dict[str, str]
    parameters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    region: Region | None = None

    def differences(self, read: ReadGroup) -> Iterator[str]:
        """Name what differs in the group that was read."""
        compared = {
            "finding": (read.finding, self.finding.value),
            "side": (read.side, self.side.value),
            "site": (read.site, codes.BREAST.value),
            "images": (read.images, self.images),
            "codes": (read.evaluations, self.evaluations),
            "numbers": ({k: _bounds(n) for k, n in read.numbers.items()}, self.numbers),
            "units": (_units(read), {codes.PERCENT.value}),
            "images of numbers": (_inferred_from(read), self._images_of_numbers()),
            "algorithm parameters": (_parameters(read), self.parameters),
        }
        for name, (is_so, must_be) in compared.items():
            if is_so != must_be:
                yield f"{self.title} {name}"
        if not is_drawn(self.region, read.ellipse):
            yield f"{self.title} outline"

    def _images_of_numbers(self) -> dict[str, tuple[str, ...]]:
        """Give the images that each number is inferred from; a breast's likelihood names none."""
        return {name: () if name in _OF_THE_WHOLE_BREAST else self.images for name in self.numbers}


def expected_groups(
    study: Study, findings: Findings, threshold: float, as_stored: Callable[[str], str]
) -> dict[str, ExpectedGroup]:
    """Work out every group, in the order of the report.

    Parameters
    ----------
    study, findings
        What was read and found.
    threshold
        The one that the report says its suggestions were made with.
    as_stored
        Gives a text as the report's character set can hold it.
    """
    groups = [
        *_of_densities(study, findings),
        *_of_assessments(study, findings, threshold, as_stored),
        *_of_views(findings.views, as_stored),
        *_of_regions(findings.views, as_stored),
    ]
    return {group.title: group for group in groups}


def is_drawn(region: Region | None, ellipse: ReadEllipse | None) -> bool:
    """Tell whether an outline is that of the region, or neither is there."""
    if region is None or ellipse is None:
        return region is None and ellipse is None
    return (
        abs(region.row - ellipse.row) < _NEAR
        and abs(region.column - ellipse.column) < _NEAR
        and abs(region.row_radius - ellipse.row_radius) < _NEAR
        and abs(region.column_radius - ellipse.column_radius) < _NEAR
    )


def _of_densities(study: Study, findings: Findings) -> Iterator[ExpectedGroup]:
    sides = [breast.laterality for breast in findings.breasts if breast.density is not None]
    for breast in findings.breasts:
        if breast.density is not None:
            side = [breast.laterality]
            yield _density(f"Density {breast.laterality}", breast.density, study, side)
    if findings.density is not None:
        yield _density("Density overall", findings.density, study, sides or list(Laterality))


def _density(title: str, density: Density, study: Study, sides: list[Laterality]) -> ExpectedGroup:
    return ExpectedGroup(
        title=title,
        finding=codes.BREAST_COMPOSITION,
        side=codes.SIDES[sides[0]] if len(sides) == 1 else codes.BILATERAL,
        images=_images(study, sides),
        numbers={codes.CERTAINTY_OF_FINDING.value: _certainty(density)},
        evaluations=_composition(density),
    )


def _of_assessments(
    study: Study, findings: Findings, threshold: float, as_stored: Callable[[str], str]
) -> Iterator[ExpectedGroup]:
    for breast in findings.breasts:
        both = {codes.PRESENCE.value: breast.presence, codes.SUSPICION.value: breast.suspicion}
        given = {name: likelihood for name, likelihood in both.items() if likelihood is not None}
        experts = [
            f"expert {view.slot}={view.expert}"
            for view in findings.views
            if view.slot.laterality is breast.laterality
        ]
        if given:
            yield ExpectedGroup(
                title=f"Assessment {breast.laterality}",
                finding=codes.ASSESSMENT_CATEGORY,
                side=codes.SIDES[breast.laterality],
                images=_images(study, [breast.laterality]),
                numbers={name: _interval(likelihood) for name, likelihood in given.items()},
                evaluations=_category(breast, threshold),
                parameters={
                    name: tuple(map(as_stored, [*experts, calibration_parameter(likelihood)]))
                    for name, likelihood in given.items()
                },
            )


def _of_views(
    views: tuple[ViewFindings, ...], as_stored: Callable[[str], str]
) -> Iterator[ExpectedGroup]:
    for name, view in _named(views):
        numbers: dict[str, _Bounds] = {}
        if view.suspicion is not None:
            numbers[codes.VIEW_SUSPICION.value] = (_per_cent(view.suspicion), None, None)
        if view.density is not None:
            numbers[codes.CERTAINTY_OF_FINDING.value] = _certainty(view.density)
        if numbers:
            alone = view.suspicion is None
            yield ExpectedGroup(
                title=f"View {name}",
                finding=codes.BREAST_COMPOSITION if alone else codes.ASSESSMENT_CATEGORY,
                side=codes.SIDES[view.slot.laterality],
                images=(view.sop_instance_uid,),
                numbers=numbers,
                evaluations={} if view.density is None else _composition(view.density),
                parameters={"": (as_stored(f"expert={view.expert}"),)},
            )


def _of_regions(
    views: tuple[ViewFindings, ...], as_stored: Callable[[str], str]
) -> Iterator[ExpectedGroup]:
    for name, view in _named(views):
        for place, region in enumerate(view.regions, start=1):
            kind = codes.REGION_KINDS.get(region.kind)
            yield ExpectedGroup(
                title=f"Region {name} {place}",
                finding=codes.SELECTED_REGION,
                side=codes.SIDES[view.slot.laterality],
                images=(view.sop_instance_uid,),
                numbers={
                    codes.REGION_EVIDENCE.value: (_per_cent(region.evidence), None, None),
                    codes.REGION_SUSPICION.value: (_per_cent(region.suspicion), None, None),
                },
                evaluations={} if kind is None else {codes.SINGLE_IMAGE_FINDING.value: kind.value},
                parameters={
                    "": (as_stored(f"expert={view.expert}"), "calibration=none (raw score)")
                },
                region=region,
            )


def _named(views: tuple[ViewFindings, ...]) -> Iterator[tuple[str, ViewFindings]]:
    for index, view in enumerate(views):
        earlier = sum(other.slot == view.slot for other in views[:index])
        yield f"{view.slot}" + (f" ({earlier + 1})" if earlier else ""), view


def _category(breast: BreastFindings, threshold: float) -> dict[str, str]:
    category = suggested_category(breast, threshold)
    return {} if category is None else {codes.ASSESSMENT_CATEGORY.value: category.value}


def _composition(density: Density) -> dict[str, str]:
    return {codes.BREAST_COMPOSITION.value: codes.DENSITIES[density.category].value}


def _certainty(density: Density) -> _Bounds:
    return _per_cent(density.probability), None, None


def _interval(likelihood: Likelihood) -> _Bounds:
    return _per_cent(likelihood.value), _per_cent(likelihood.low), _per_cent(likelihood.high)


def _per_cent(fraction: float) -> float:
    return round(fraction * 100, 1)


def _bounds(number: ReadNumber) -> _Bounds:
    if number.below is None or number.above is None:
        return number.value, None, None
    low, high = number.value - number.below, number.value + number.above
    return number.value, round(low, 1), round(high, 1)


def _units(group: ReadGroup) -> set[str]:
    numbers = group.numbers.values()
    return {n.unit for n in numbers} | {unit for n in numbers for unit in n.units_of_bounds}


def _inferred_from(group: ReadGroup) -> dict[str, tuple[str, ...]]:
    return {name: number.images for name, number in group.numbers.items()}


def _parameters(group: ReadGroup) -> dict[str, tuple[str, ...]]:
    said = {"": group.parameters, **{k: n.parameters for k, n in group.numbers.items()}}
    return {name: parameters for name, parameters in said.items() if parameters}


def _images(study: Study, sides: list[Laterality]) -> tuple[str, ...]:
    views = [view for view in study.views if view.slot.laterality in sides]
    return tuple(view.source.sop_instance_uid for view in views)
