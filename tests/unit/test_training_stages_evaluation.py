"""Measures count patients, not images, and put a baseline beside every number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from mammovlm.training.evaluation import (
    area_under_curve,
    auc_by_patient,
    binary_result,
    over_patients,
)


def _cases(seed: int, patients: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(patients), 2)
    labels = rng.integers(0, 2, len(who))
    labels[:2] = [0, 1]
    return labels, np.clip(0.4 * labels + 0.6 * rng.random(len(who)), 0, 1), who


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_the_interval_holds_the_value(seed: int) -> None:
    labels, scores, who = _cases(seed)
    measured = auc_by_patient(labels, scores, who, draws=100)
    assert 0 <= measured.low <= measured.value <= measured.high <= 1


def test_repeating_every_image_does_not_narrow_the_interval() -> None:
    labels, scores, who = _cases(3)
    once = auc_by_patient(labels, scores, who, draws=400)
    often = auc_by_patient(*(np.tile(each, 5) for each in (labels, scores, who)), draws=400)
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.05)


def test_the_area_is_scikit_learns_also_with_ties() -> None:
    labels, scores, _ = _cases(5)
    rounded = np.round(scores, 1)
    assert area_under_curve(labels, rounded) == pytest.approx(roc_auc_score(labels, rounded))


def test_a_perfect_score_is_called_perfect() -> None:
    labels, _, who = _cases(1)
    result = binary_result(labels, labels.astype(float), who, draws=20)
    assert result.auc.value == result.balanced_accuracy == result.accuracy == 1.0
    assert result.brier == 0.0


def test_the_majority_baseline_stands_beside_accuracy() -> None:
    labels = np.array([0] * 9 + [1])
    result = binary_result(labels, np.full(10, 0.1), np.arange(10), draws=20)
    assert result.accuracy == result.majority_accuracy == 0.9
    assert result.balanced_accuracy == 0.5


def test_draws_that_cannot_be_measured_are_left_out() -> None:
    measured = over_patients(
        lambda rows: float("nan") if 0 not in rows else 0.7, np.arange(5), draws=50
    )
    assert (measured.value, measured.low, measured.high) == (0.7, 0.7, 0.7)
