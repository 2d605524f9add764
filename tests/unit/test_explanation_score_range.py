"""A score is called higher or lower only where its whole interval says so."""

import pytest

from mammovlm.explanation.facts import ScoreRange, score_range
from mammovlm.findings import BreastFindings, Likelihood
from mammovlm.study import Laterality

HIGH, LOW, OPEN = (0.7, 0.6, 0.9), (0.2, 0.1, 0.4), (0.6, 0.3, 0.8)


def likelihood(numbers: tuple[float, float, float] | None) -> Likelihood | None:
    return Likelihood(*numbers, calibrated=True) if numbers else None


@pytest.mark.parametrize(
    ("presence", "suspicion", "expected"),
    [
        (HIGH, HIGH, ScoreRange.HIGHER),
        (HIGH, OPEN, ScoreRange.MIDDLE),
        (HIGH, LOW, ScoreRange.LOWER),
        (OPEN, HIGH, ScoreRange.MIDDLE),
        (LOW, HIGH, ScoreRange.LOWER),
        (None, HIGH, ScoreRange.HIGHER),
        (None, OPEN, ScoreRange.MIDDLE),
        (HIGH, None, None),
    ],
)
def test_range_of_presence_and_suspicion(
    presence: tuple[float, float, float] | None,
    suspicion: tuple[float, float, float] | None,
    expected: ScoreRange | None,
) -> None:
    breast = BreastFindings(Laterality.LEFT, None, likelihood(presence), likelihood(suspicion))
    assert score_range(breast, 0.5) is expected


def test_the_threshold_of_the_site_counts() -> None:
    breast = BreastFindings(Laterality.LEFT, None, None, likelihood(HIGH))
    assert score_range(breast, 0.95) is ScoreRange.LOWER
    assert score_range(breast, 0.65) is ScoreRange.MIDDLE
