"""What a report says of a phantom is what is true of it."""

import pytest

from mammovlm.study import Laterality
from mammovlm.training.phantoms.truth import (
    Biopsy,
    BreastPoint,
    BreastTruth,
    Lesion,
    LesionKind,
)
from mammovlm.training.reports import (
    Renderer,
    carried,
    drawn_breasts,
    findings_of,
    parse,
    render,
    suspicious_label,
)
from mammovlm.training.reports.from_phantom import clock_position
from mammovlm.training.reports.schema import hours_of


def lesion(place: BreastPoint) -> Lesion:
    return Lesion(LesionKind.MASS, "oval", "obscured", "", "", 12.4, place, 4, malignant=True)


@pytest.mark.parametrize("seed", range(60))
def test_every_phantom_can_be_described_and_read_back(seed: int) -> None:
    truths = drawn_breasts(seed)
    study = findings_of(truths)
    for renderer in Renderer:
        assert parse(render(study, renderer, seed), renderer) == carried(study, renderer)
    for truth, breast in zip(truths, study.breasts, strict=True):
        assert breast.assessment == str(truth.assessment)
        assert [str(one.type) for one in breast.findings] == [str(x.kind) for x in truth.lesions]


def test_one_breast_alone_is_described() -> None:
    study = findings_of(drawn_breasts(1)[1:])
    assert [breast.laterality for breast in study.breasts] == [Laterality.LEFT]


@pytest.mark.parametrize(
    ("side", "lateral", "cranial", "hour"),
    [
        (Laterality.RIGHT, 0.5, 0.5, {10, 11}),
        (Laterality.LEFT, 0.5, 0.5, {1, 2}),
        (Laterality.RIGHT, -0.5, 0.5, {1, 2}),
        (Laterality.LEFT, 0.9, 0.0, {3}),
        (Laterality.RIGHT, 0.9, 0.0, {9}),
        (Laterality.RIGHT, 0.0, -0.9, {6}),
        (Laterality.LEFT, 0.0, 0.9, {12}),
    ],
)
def test_clock_positions_are_seen_from_the_front(
    side: Laterality, lateral: float, cranial: float, hour: set[int]
) -> None:
    place = BreastPoint(0.5, lateral, cranial)
    assert clock_position(place, side) in hour


@pytest.mark.parametrize("side", Laterality)
def test_every_clock_position_lies_in_its_quadrant(side: Laterality) -> None:
    for step in range(360):
        study = findings_of(drawn_breasts(step))
        for breast in study.breasts:
            for finding in breast.findings:
                if finding.clock and finding.quadrant and breast.laterality is side:
                    assert finding.clock in hours_of(finding.quadrant, side)


def test_a_report_never_knows_more_than_the_image() -> None:
    truth = drawn_breasts(0)[0]
    place = BreastPoint(0.5, 0.4, 0.4)
    texts = {
        render(
            findings_of((BreastTruth(truth.laterality, truth.density, 4, biopsy, (found,)),)),
            renderer,
        )
        for biopsy in Biopsy
        for found in (lesion(place),)
        for renderer in Renderer
    }
    assert len(texts) == len(Renderer)


@pytest.mark.parametrize(
    ("assessment", "biopsy", "label"),
    [
        (2, Biopsy.NONE, None),
        (3, Biopsy.NONE, False),
        (3, Biopsy.MALIGNANT, True),
        (4, Biopsy.BENIGN, False),
        (5, Biopsy.NONE, True),
    ],
)
def test_the_label_is_the_category_corrected_by_biopsy(
    assessment: int, biopsy: Biopsy, label: bool | None
) -> None:
    truth = drawn_breasts(0)[0]
    found = (lesion(BreastPoint(0.5, 0.4, 0.4)),)
    asked = BreastTruth(truth.laterality, truth.density, assessment, biopsy, found)
    assert suspicious_label(asked) is label


def test_the_same_seed_draws_the_same_truth() -> None:
    assert drawn_breasts(5) == drawn_breasts(5)
    assert drawn_breasts(5) != drawn_breasts(6)
    assert all(one.assessment >= 3 for seed in range(30) for one in drawn_breasts(seed, least=3))
