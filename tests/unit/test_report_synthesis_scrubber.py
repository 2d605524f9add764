"""A scrubbed report describes as before and gives no category, verdict or management away."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammovlm.explanation.federal import PROVIDER_SENTENCES
from mammovlm.training.datasets.labels import Assessment
from mammovlm.training.reports import (
    Renderer,
    StudyFindings,
    drawn_breasts,
    findings_of,
    label_words,
    parse,
    render,
    scrub,
    without_assessments,
)
from mammovlm.training.reports.lexicon import (
    Depth,
    Distribution,
    FindingType,
    Margin,
    MassDensity,
    Morphology,
    Quadrant,
    Shape,
)
from study_findings import studies

SEEDS = st.integers(0, 2**32)

LABELS = [
    "BI-RADS 4A", "birads:3", "BI-RADS category 5", "BIRADS IVb", "BI RADS final assessment: 0",
    "category 4", "4B", "ACR 4", "R5", "assessment: 2", "suspicious", "highly suspicious",
    "probably benign", "benign", "malignant", "highly suggestive of malignancy",
    "low suspicion for malignancy", "negative", "normal", "carcinoma", "DCIS", "fibroadenoma",
    "indeterminate", "worrisome", "very likely harmless", "biopsy advised", "recommend biopsy",
    "core needle biopsy", "follow-up in 6 months", "follow up", "six-month follow-up",
    "short-interval follow-up", "routine screening", "annual mammography", "recall",
    "additional views needed", "ultrasound", "surgical excision", "tissue sampling",
    "next screening in one year", "B-4a", "BR5", "cat. 5", "BI-RADS four", "category three",
    "of intermediate concern", "benign-appearing", "unremarkable", "tissue diagnosis",
    "stable for two years",
]  # fmt: skip
DESCRIPTIONS = [
    "irregular mass", "spiculated margins", "a high-density oval mass", "scattered fibroglandular",
    "grouped amorphous calcifications", "in the upper outer quadrant", "at 10 o'clock", "12 mm",
    "heterogeneously dense", "no mass", "architectural distortion", "the right breast",
]  # fmt: skip
JOINTS = [", ", ". ", "; ", ": ", " and ", " which is ", "\n", " ", " (", ") ", ".\nIMPRESSION: "]


@st.composite
def free_reports(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.sampled_from(LABELS + DESCRIPTIONS), min_size=1, max_size=12))
    return "".join(part + draw(st.sampled_from(JOINTS)) for part in parts)


@settings(max_examples=150, deadline=None)
@given(studies(), st.sampled_from(Renderer), SEEDS)
def test_a_scrubbed_text_is_that_of_one_who_never_knew_the_assessment(
    study: StudyFindings, renderer: Renderer, seed: int
) -> None:
    scrubbed = scrub(render(study, renderer, seed))
    assert label_words(scrubbed) == ()
    assert scrubbed == render(without_assessments(study), renderer, seed)


@settings(max_examples=300, deadline=None)
@given(free_reports())
def test_no_label_word_is_left_in_any_mixture(text: str) -> None:
    assert label_words(scrub(text)) == ()


@settings(max_examples=150, deadline=None)
@given(free_reports() | st.text(alphabet="abcBIRADS4-: .\n,", max_size=60))
def test_scrubbing_twice_changes_nothing(text: str) -> None:
    assert scrub(scrub(text)) == scrub(text)


@pytest.mark.parametrize("word", LABELS)
def test_each_label_word_is_known_and_goes(word: str) -> None:
    assert label_words(word)
    assert scrub(f"{word}.") == ""
    kept = scrub(f"There is an irregular mass measuring 12 mm; {word}.")
    assert kept == "There is an irregular mass measuring 12 mm."


@pytest.mark.parametrize(
    "word",
    [*Shape, *Margin, *MassDensity, *Morphology, *Distribution, *FindingType, *Quadrant, *Depth],
)
def test_no_descriptor_of_the_lexicon_is_a_label_word(word: str) -> None:
    assert label_words(word) == ()


@pytest.mark.parametrize("sentence", PROVIDER_SENTENCES.values())
def test_density_sentences_stay_word_for_word(sentence: str) -> None:
    assert scrub(sentence) == sentence
    assert scrub(f"BREAST COMPOSITION: {sentence}") == f"BREAST COMPOSITION: {sentence}"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "Suspicious irregular spiculated mass in the right breast, biopsy advised.",
            "Irregular spiculated mass in the right breast.",
        ),
        (
            "There is an indistinct mass at 3 o'clock that is suspicious and biopsy is advised.",
            "There is an indistinct mass at 3 o'clock.",
        ),
        ("Spiculated mass highly suggestive of malignancy.", "Spiculated mass."),
        ("A suspicious oval mass.", "An oval mass."),
        ("BI-RADS density C. BI-RADS 4A.", "Density C."),
        ("ACR density category B.", "ACR density category B."),
        ("Clustered calcifications,\nrecommend biopsy.", "Clustered calcifications."),
        ("RECOMMENDATION: Core biopsy of the mass in the left breast.", ""),
        ("IMPRESSION: BI-RADS 4.\nFINDINGS: Oval mass.", "FINDINGS: Oval mass."),
        ("There are benign-appearing round calcifications.", "There are round calcifications."),
        ("Lymph nodes are normal in appearance.", ""),
        ("Impression - Cat. 5 left.", ""),
        ("Left breast: no mass; BI-RADS 1.", "Left breast: no mass."),
    ],
)  # fmt: skip
def test_what_is_described_stays(text: str, kept: str) -> None:
    assert scrub(text) == kept


def test_a_denied_verdict_does_not_become_a_denied_finding() -> None:
    assert scrub("No suspicious mass or calcifications.") == ""
    assert scrub("No mass is seen in the left breast.") == "No mass is seen in the left breast."


def test_every_description_of_phantoms_is_still_read_after_scrubbing() -> None:
    for seed in range(40):
        study = findings_of(drawn_breasts(seed))
        for renderer in Renderer:
            text = render(study, renderer, seed)
            told = parse(scrub(text), renderer)
            assert told == without_assessments(parse(text, renderer))


def test_every_category_is_told_before_and_gone_after() -> None:
    study = findings_of(drawn_breasts(3))
    for category in Assessment:
        bare = render(without_assessments(study), Renderer.CAPTION)
        text = f"{bare.removesuffix('.')}; BI-RADS {category}."
        assert label_words(text)
        assert scrub(text) == bare
