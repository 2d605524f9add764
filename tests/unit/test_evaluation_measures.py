"""What an evaluation measures, against cases made by hand and against scikit-learn."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    brier_score_loss,
    cohen_kappa_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality, ViewPosition
from mammovlm.training.datasets import Assessment, ManifestRow, Truth
from mammovlm.training.evaluation_binary import FEWEST, Cases, operating_point, ranking
from mammovlm.training.evaluation_calibration import calibration
from mammovlm.training.evaluation_density import density_result, quadratic_kappa
from mammovlm.training.evaluation_labels import (
    BreastLabels,
    labels_of_breast,
    study_density,
    study_malignant,
)
from mammovlm.training.evaluation_rule_out import clearing_threshold, kept_share, rule_out_at_20
from mammovlm.training.evaluation_scores import age_band

R = Laterality.RIGHT


def _cases(seed: int = 0, count: int = 60) -> Cases:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    labels[: 2 * FEWEST] = [0, 1] * FEWEST
    scores = np.clip(0.3 * labels + 0.7 * rng.random(count), 0, 1).round(2)
    return Cases(labels, scores, np.arange(count) // 2)


def _row(side: Laterality, **labels: object) -> ManifestRow:
    return ManifestRow("woman", "exam", side, ViewPosition.CC, Path("a.dcm"), **labels)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("birads", "biopsy", "suspicious", "present"),
    [
        ("3", None, 0, 1),
        ("4A", None, 1, 1),
        ("4", Truth.BENIGN, 0, 1),
        ("3", Truth.MALIGNANT, 1, 1),
        ("5", None, 1, 1),
        ("2", None, None, 0),
        ("2", Truth.MALIGNANT, None, 0),
        ("0", None, None, None),
    ],
)
def test_the_biopsy_corrects_the_category_and_incomplete_answers_nothing(
    birads: str, biopsy: Truth | None, suspicious: int | None, present: int | None
) -> None:
    labels = BreastLabels(birads=Assessment(birads), biopsy=biopsy)
    assert (labels.suspicious, labels.present) == (suspicious, present)


def test_labels_of_a_breast_are_the_worst_of_its_views() -> None:
    rows = [
        _row(R, birads=Assessment.BENIGN, outcome=Truth.BENIGN),
        _row(R, birads=Assessment.SUSPICIOUS, biopsy=Truth.MALIGNANT),
    ]
    labels = labels_of_breast(rows)
    assert labels.birads is Assessment.SUSPICIOUS
    assert labels.malignant == 1


def test_a_study_is_benign_only_where_every_breast_is_known_to_be() -> None:
    benign, malignant = BreastLabels(outcome=Truth.BENIGN), BreastLabels(biopsy=Truth.MALIGNANT)
    assert study_malignant([benign, malignant]) == 1
    assert study_malignant([benign, benign]) == 0
    assert study_malignant([benign, BreastLabels()]) is None
    assert study_malignant([BreastLabels(), malignant]) == 1


def test_a_study_has_the_density_of_its_denser_breast_where_both_are_known() -> None:
    b, c = (BreastLabels(densities=frozenset({DensityCategory(each)})) for each in "BC")
    open_one = BreastLabels(densities=frozenset(DensityCategory(each) for each in "BC"))
    assert study_density([b, c]) is DensityCategory.C
    assert study_density([b, open_one]) is None
    assert study_density([]) is None


def test_measures_at_a_threshold_are_scikit_learns() -> None:
    cases = _cases()
    point = operating_point(cases, "half", 0.5, draws=100)
    said = cases.scores >= 0.5
    expected = {
        "SEN": recall_score(cases.labels, said),
        "SPC": recall_score(cases.labels, said, pos_label=0),
        "PPV": precision_score(cases.labels, said),
        "NPV": precision_score(cases.labels, said, pos_label=0),
        "ACC": float((said == cases.labels).mean()),
    }
    for name, value in expected.items():
        measured = point.measures[name]
        assert measured is not None
        assert measured.value == pytest.approx(value)
        assert measured.low <= measured.value <= measured.high


def test_what_nobody_answered_has_no_predictive_value() -> None:
    point = operating_point(_cases(), "never", 2.0, draws=100)
    assert point.measures["PPV"] is None
    balanced = point.measures["balanced accuracy"]
    assert balanced is not None
    assert balanced.value == 0.5


def test_no_auc_is_given_where_a_class_is_too_small() -> None:
    cases = _cases()
    assert ranking(cases, 100).auc is not None
    few = Cases(np.array([1] * (FEWEST - 1) + [0] * 30), np.linspace(0, 1, 39), np.arange(39))
    assert ranking(few, 100).auc is None
    assert (ranking(few, 100).cases, ranking(few, 100).positives) == (39, FEWEST - 1)
    assert rule_out_at_20(few, 100) is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40))
def test_kappa_is_scikit_learns(pairs: list[tuple[int, int]]) -> None:
    true, told = np.array(pairs).T
    expected = cohen_kappa_score(true, told, weights="quadratic", labels=range(4))
    assert quadratic_kappa(true, told) == pytest.approx(1.0 if np.isnan(expected) else expected)


def test_density_is_counted_by_category() -> None:
    sure = np.eye(4) * 0.7 + 0.075
    truths = [DensityCategory(each) for each in "AABBCCDD" * 6]
    said = [tuple(sure[min(place % 8 // 2 + (place % 8 == 1), 3)]) for place in range(48)]
    result = density_result(truths, said, list(range(48)), draws=100)
    assert result is not None
    assert result.confusion == ((6, 6, 0, 0), (0, 12, 0, 0), (0, 0, 12, 0), (0, 0, 0, 12))
    assert result.accuracy.value == pytest.approx(42 / 48)
    assert result.majority_accuracy == 0.25
    assert result.within_one.value == 1.0
    fatty = result.one_against_rest[DensityCategory.A].auc
    assert fatty is not None
    truth = np.array([each == "A" for each in truths])
    assert fatty.value == pytest.approx(roc_auc_score(truth, np.array(said)[:, 0]))


def test_calibration_is_scikit_learns_and_counts_every_case() -> None:
    cases = _cases(2)
    known = calibration(cases, 100)
    assert known.brier.value == pytest.approx(brier_score_loss(cases.labels, cases.scores))
    assert sum(each.cases for each in known.bins) == len(cases.labels)
    certain = Cases(np.array([0, 1]), np.array([0.0, 1.0]), np.arange(2))
    assert calibration(certain, 100).expected_error == 0.0


_scores = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 20).map(lambda each: each / 20)),
    min_size=2,
    max_size=80,
).filter(lambda pairs: {label for label, _ in pairs} == {0, 1})


@settings(max_examples=200, deadline=None)
@given(_scores, st.floats(0.0, 1.0))
def test_ruling_out_clears_at_least_the_share_and_no_more_than_it_must(
    pairs: list[tuple[int, float]], share: float
) -> None:
    labels = np.array([label for label, _ in pairs])
    scores = np.array([score for _, score in pairs])
    benign = scores[labels == 0]
    threshold = clearing_threshold(labels, scores, share)
    assert np.mean(benign <= threshold) >= share - 1e-9
    if np.isfinite(threshold):
        assert np.mean(benign < threshold) < share


@settings(max_examples=100, deadline=None)
@given(_scores)
def test_clearing_more_never_keeps_more_of_the_malignant(pairs: list[tuple[int, float]]) -> None:
    labels = np.array([label for label, _ in pairs])
    scores = np.array([score for _, score in pairs])
    kept = [kept_share(labels, scores, share) for share in np.linspace(0, 1, 21)]
    assert kept == sorted(kept, reverse=True)
    assert kept[0] == 1.0


def test_ruling_out_460_of_2300_is_what_the_paper_does() -> None:
    rng = np.random.default_rng(1)
    labels = np.array([0] * 2300 + [1] * 102)
    scores = np.concatenate([rng.permutation(2300) / 2300, np.linspace(0.5, 1, 102)])
    scores[-102] = 0.1
    result = rule_out_at_20(Cases(labels, scores, np.arange(2402)), 100)
    assert result is not None
    assert result.cleared == 460 / 2300
    assert result.kept.value == 101 / 102


def test_ages_are_kept_as_bands() -> None:
    told = [age_band(years) for years in ("27", "39", "40", "67", "93", "", "x")]
    assert told == ["under 40", "under 40", "40-49", "60-69", "80 and over", "", ""]
