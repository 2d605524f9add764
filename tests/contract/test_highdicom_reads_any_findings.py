"""What highdicom's own reader gets out of a report equals the findings, whatever they are."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from highdicom.sr import MeasurementReport, NumContentItem, srread
from hypothesis import HealthCheck, assume, given, settings
from pydicom.sr.codedict import codes

from any_examples import examples, options
from mammovlm.findings import Density, Findings, Likelihood, Region, ViewFindings
from mammovlm.results import ReportOptions, structured_report
from mammovlm.results.codes import (
    ASSESSMENT_CATEGORY,
    BREAST_COMPOSITION,
    CERTAINTY_OF_FINDING,
    DENSITIES,
    PRESENCE,
    REGION_EVIDENCE,
    REGION_KINDS,
    REGION_SUSPICION,
    SELECTED_REGION,
    SINGLE_IMAGE_FINDING,
    SUSPICION,
    VIEW_SUSPICION,
)
from report_examples import Example

Numbers = dict[str, tuple[float, ...]]
Group = tuple[str, Numbers, dict[str, str]]
"""Finding, numbers with their bounds, and coded answers; codes by their values."""
UPPER, LOWER = "371886008", "371885007"
"""Ranges from the value to its bounds, CID 225."""


def of_findings(findings: Findings) -> Iterator[tuple[str, Group]]:
    composition = BREAST_COMPOSITION.value
    for breast in findings.breasts:
        if breast.density is not None:
            yield f"Density {breast.laterality}", (composition, *of_density(breast.density))
        both = {PRESENCE.value: breast.presence, SUSPICION.value: breast.suspicion}
        said = {name: of_likelihood(each) for name, each in both.items() if each is not None}
        if said:
            yield f"Assessment {breast.laterality}", (ASSESSMENT_CATEGORY.value, said, {})
    if findings.density is not None:
        yield "Density overall", (composition, *of_density(findings.density))
    for view in findings.views:
        yield from of_view(view)


def of_view(view: ViewFindings) -> Iterator[tuple[str, Group]]:
    numbers, answers = ({}, {}) if view.density is None else of_density(view.density)
    finding = BREAST_COMPOSITION
    if view.suspicion is not None:
        numbers[VIEW_SUSPICION.value] = (per_cent(view.suspicion),)
        finding = ASSESSMENT_CATEGORY
    if numbers:
        yield f"View {view.slot}", (finding.value, numbers, answers)
    for place, region in enumerate(view.regions, start=1):
        kind = REGION_KINDS.get(region.kind)
        named = {} if kind is None else {SINGLE_IMAGE_FINDING.value: kind.value}
        scores: Numbers = {
            REGION_EVIDENCE.value: (per_cent(region.evidence),),
            REGION_SUSPICION.value: (per_cent(region.suspicion),),
        }
        yield f"Region {view.slot} {place}", (SELECTED_REGION.value, scores, named)


def of_density(density: Density) -> tuple[Numbers, dict[str, str]]:
    numbers: Numbers = {CERTAINTY_OF_FINDING.value: (per_cent(density.probability),)}
    return numbers, {BREAST_COMPOSITION.value: DENSITIES[density.category].value}


def of_likelihood(likelihood: Likelihood) -> tuple[float, ...]:
    value, low, high = map(per_cent, (likelihood.value, likelihood.low, likelihood.high))
    return value, round(value - low, 1), round(high - value, 1)


def per_cent(fraction: float) -> float:
    return round(fraction * 100, 1)


def as_read(group: Any) -> Group:
    numbers = {}
    for measurement in group.get_measurements():
        items = measurement[0].get("ContentSequence", ())
        below = {i.name.value: float(i.value) for i in items if isinstance(i, NumContentItem)}
        bounds = [below[name] for name in (LOWER, UPPER) if name in below]
        numbers[measurement.name.value] = (float(measurement.value), *bounds)
    answers = {each.name.value: each.value.value for each in group.get_qualitative_evaluations()}
    answers.pop(codes.DCM.AlgorithmFamily.value, None)  # of the algorithm, TID 4019
    if group.finding_type.value == ASSESSMENT_CATEGORY.value:
        answers.pop(ASSESSMENT_CATEGORY.value, None)  # suggested by a site's threshold
    return group.finding_type.value, numbers, answers


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(examples(), options)
def test_highdicom_reads_the_findings_back(example: Example, chosen: ReportOptions) -> None:
    _, findings, _ = example
    expected = dict(of_findings(findings))
    assume(expected)
    stored = BytesIO()
    structured_report(*example, None, chosen).save_as(stored, enforce_file_format=True)
    stored.seek(0)
    content = srread(stored).content
    assert isinstance(content, MeasurementReport)
    regions = content.get_planar_roi_measurement_groups()
    groups = [*content.get_image_measurement_groups(), *regions]
    read = {group.tracking_identifier: as_read(group) for group in groups}
    assert read == expected
    drawn = [region for view in findings.views for region in view.regions]
    for group, region in zip(regions, drawn, strict=True):
        assert outline(group) == pytest.approx(edges(region), abs=0.01)


def outline(group: Any) -> tuple[float, float, float, float]:
    columns, rows = group.roi.value.T
    return float(rows.min()), float(rows.max()), float(columns.min()), float(columns.max())


def edges(region: Region) -> tuple[float, float, float, float]:
    top, left = region.row - region.row_radius, region.column - region.column_radius
    return top, region.row + region.row_radius, left, region.column + region.column_radius
