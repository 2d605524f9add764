"""Reports made from findings say exactly what the renderer carries, in any wording."""

import contextlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality
from mammovlm.training.datasets.labels import Assessment
from mammovlm.training.reports import (
    BreastDescription,
    Finding,
    Renderer,
    StudyFindings,
    TextNotUnderstood,
    carried,
    parse,
    render,
)
from mammovlm.training.reports.lexicon import (
    Certainty,
    Depth,
    FindingType,
    Margin,
    MassDensity,
    Quadrant,
    Shape,
    Source,
)
from mammovlm.training.reports.statements import ContradictoryStatements
from study_findings import studies

SEEDS = st.integers(0, 2**32)

STUDY = StudyFindings(
    density=DensityCategory.C,
    breasts=(
        BreastDescription(
            laterality=Laterality.RIGHT,
            findings=(
                Finding(
                    type=FindingType.MASS,
                    shape=Shape.IRREGULAR,
                    margin=Margin.SPICULATED,
                    density=MassDensity.HIGH,
                    quadrant=Quadrant.UPPER_OUTER,
                    clock=10,
                    depth=Depth.MIDDLE,
                    size_mm=18,
                    assessment=Assessment.HIGH_SUSPICION,
                ),
            ),
            assessment=Assessment.HIGH_SUSPICION,
        ),
        BreastDescription(laterality=Laterality.LEFT, assessment=Assessment.NEGATIVE),
    ),
)


@settings(max_examples=150, deadline=None)
@given(studies(), st.sampled_from(Renderer), SEEDS)
def test_every_text_is_read_back_as_the_facts_that_it_carries(
    study: StudyFindings, renderer: Renderer, seed: int
) -> None:
    assert parse(render(study, renderer, seed), renderer) == carried(study, renderer)


@settings(max_examples=50, deadline=None)
@given(studies(), st.sampled_from(Renderer))
def test_what_is_carried_is_carried_wholly(study: StudyFindings, renderer: Renderer) -> None:
    once = carried(study, renderer)
    assert carried(once, renderer) == once


@given(studies())
@settings(max_examples=50, deadline=None)
def test_the_radiology_report_carries_all_but_the_source(study: StudyFindings) -> None:
    told = carried(study, Renderer.RADIOLOGY)
    for breast, original in zip(told.breasts, study.breasts, strict=True):
        assert breast.assessment == original.assessment
        for finding, source in zip(breast.findings, original.findings, strict=True):
            assert finding.source is Source.TEXT
            left = {name: value for name, value in vars(finding).items() if name != "source"}
            assert left == {n: v for n, v in vars(source).items() if n != "source"}


def test_the_same_seed_gives_the_same_words_and_others_give_others() -> None:
    for renderer in Renderer:
        texts = [render(STUDY, renderer, seed) for seed in range(40)]
        assert texts == [render(STUDY, renderer, seed) for seed in range(40)]
        assert len(set(texts)) > 10


def test_the_radiology_report_has_the_sections_of_a_report() -> None:
    headings = [line.partition(":")[0] for line in render(STUDY, Renderer.RADIOLOGY).splitlines()]
    assert headings[0] in {"PROCEDURE", "EXAMINATION"}
    assert headings[1].endswith("COMPOSITION")
    assert headings[2] == "FINDINGS"
    assert headings[3] in {"IMPRESSION", "ASSESSMENT"}


def test_a_caption_is_one_sentence_per_breast() -> None:
    lines = render(STUDY, Renderer.CAPTION, 3).splitlines()
    assert [line.count(".") for line in lines] == [1, 1]
    assert "spiculated" in lines[0]
    assert "spiculated" not in lines[1]


def test_articles_fit_their_words() -> None:
    for seed in range(60):
        text = render(STUDY, Renderer.RADIOLOGY, seed)
        assert "a(n)" not in text
        assert not re.search(r"\b[Aa] (irregular|oval|asymmetry)|\b[Aa]n (round|high|mass)", text)


def test_plain_text_uses_no_word_of_the_lexicon() -> None:
    for seed in range(60):
        text = render(STUDY, Renderer.PLAIN, seed).lower()
        assert not re.search(r"bi-rads|spiculated|irregular|quadrant|o'clock|\bmm\b", text)


@pytest.mark.parametrize("renderer", Renderer)
def test_a_strange_sentence_is_refused_and_not_repeated(renderer: Renderer) -> None:
    with pytest.raises(TextNotUnderstood) as refusal:
        parse("Jane Doe: has a swelling.", renderer)
    assert "Jane" not in str(refusal.value)


@pytest.mark.parametrize(
    ("was", "now"),
    [("right", "left"), ("4C", "4B"), ("18 mm", "19 mm"), ("spiculated", "indistinct")],
)
def test_a_changed_word_is_refused_or_read_as_changed(was: str, now: str) -> None:
    text = render(STUDY, Renderer.RADIOLOGY, 1)
    assert was in text
    changed = text.replace(was, now, 1)
    with contextlib.suppress(ContradictoryStatements, TextNotUnderstood):
        assert parse(changed, Renderer.RADIOLOGY) != carried(STUDY, Renderer.RADIOLOGY)


def test_management_that_does_not_follow_from_the_category_is_contradictory() -> None:
    text = render(STUDY, Renderer.RADIOLOGY, 0)
    body, _, _ = text.rstrip(".").rpartition(". ")
    assert parse(text, Renderer.RADIOLOGY)
    with pytest.raises(ContradictoryStatements):
        parse(f"{body}. Routine screening is recommended.", Renderer.RADIOLOGY)


def test_a_missing_sentence_is_contradictory() -> None:
    lines = render(STUDY, Renderer.RADIOLOGY).splitlines()
    with pytest.raises(ContradictoryStatements):
        parse("\n".join(lines[1:]), Renderer.RADIOLOGY)


def test_categories_of_two_breasts_give_the_more_abnormal_one() -> None:
    assert STUDY.assessment is Assessment.HIGH_SUSPICION
    bare = StudyFindings(density=None, breasts=(BreastDescription(laterality=Laterality.LEFT),))
    assert bare.assessment is None


def test_descriptors_belong_to_their_type() -> None:
    with pytest.raises(ValueError, match="margin describes mass"):
        Finding(type=FindingType.ASYMMETRY, margin=Margin.OBSCURED)
    with pytest.raises(ValueError, match="clock"):
        Finding(type=FindingType.MASS, clock=13)
    with pytest.raises(ValueError, match="mm"):
        Finding(type=FindingType.MASS, size_mm=0)


def test_the_clock_must_lie_in_its_quadrant() -> None:
    finding = Finding(type=FindingType.MASS, quadrant=Quadrant.UPPER_OUTER, clock=10)
    BreastDescription(laterality=Laterality.RIGHT, findings=(finding,))
    with pytest.raises(ValueError, match="upper outer"):
        BreastDescription(laterality=Laterality.LEFT, findings=(finding,))


def test_a_certain_finding_and_a_possible_one_are_told_apart() -> None:
    sure = Finding(type=FindingType.SKIN_THICKENING)
    unsure = Finding(type=FindingType.SKIN_THICKENING, certainty=Certainty.POSSIBLE)
    for renderer in Renderer:
        texts = {
            render(
                StudyFindings(
                    density=None,
                    breasts=(BreastDescription(laterality=Laterality.LEFT, findings=(one,)),),
                ),
                renderer,
            )
            for one in (sure, unsure)
        }
        assert len(texts) == 2
