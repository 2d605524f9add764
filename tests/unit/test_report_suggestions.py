"""When a category is suggested, and what the status of the report says."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammovlm.findings import BreastFindings, Findings, Likelihood
from mammovlm.results import codes
from mammovlm.results.suggestions import processing_summary, suggested_category
from report_examples import HIGH, LOW, UNCLEAR, L, R, findings_of, study_of


def breast(presence: Likelihood | None, suspicion: Likelihood | None) -> BreastFindings:
    return BreastFindings(L, None, presence, suspicion)


@pytest.mark.parametrize(
    ("presence", "suspicion", "category"),
    [
        (HIGH, HIGH, codes.CATEGORY_4),
        (HIGH, LOW, codes.CATEGORY_3),
        (HIGH, UNCLEAR, None),
        (HIGH, None, None),
        (UNCLEAR, HIGH, None),
        (LOW, HIGH, None),
        (LOW, LOW, None),
        (None, HIGH, codes.CATEGORY_4),
        (None, LOW, codes.CATEGORY_3),
        (HIGH, replace(HIGH, calibrated=False), None),
    ],
)
def test_a_category_needs_clear_calibrated_likelihoods(
    presence: Likelihood | None, suspicion: Likelihood | None, category: object
) -> None:
    assert suggested_category(breast(presence, suspicion), 0.5) == category


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.floats(0, 1))
def test_a_category_never_contradicts_the_interval_that_is_printed(
    drawn: list[float], threshold: float
) -> None:
    low, value, high = sorted(drawn)
    likelihood = Likelihood(value, low, high, calibrated=True)
    category = suggested_category(breast(None, likelihood), threshold)
    if category is not None and category == codes.CATEGORY_4:
        assert round(100 * low, 1) > round(100 * threshold, 1)
    if category is not None and category == codes.CATEGORY_3:
        assert round(100 * high, 1) < round(100 * threshold, 1)


def found(
    right: Likelihood | None, left: Likelihood | None, views: str = "RCC LCC RMLO LMLO"
) -> Findings:
    presence = {side: value for side, value in ((R, right), (L, left)) if value is not None}
    return findings_of(study_of(views), presence=presence)


@pytest.mark.parametrize(
    ("findings", "status"),
    [
        (found(LOW, LOW), codes.SUCCEEDED_WITHOUT_FINDINGS),
        (found(LOW, HIGH), codes.SUCCEEDED_WITH_FINDINGS),
        (found(UNCLEAR, LOW), codes.SUCCEEDED_WITH_FINDINGS),
        (found(LOW, LOW, "RCC LCC"), codes.PARTIAL_WITHOUT_FINDINGS),
        (found(LOW, UNCLEAR, "RCC LCC"), codes.PARTIAL_WITH_FINDINGS),
        (found(None, None), codes.NONE_SUCCEEDED),
        (
            findings_of(study_of(), suspicion={R: LOW, L: HIGH}, not_available=["presence"]),
            codes.PARTIAL_WITH_FINDINGS,
        ),
    ],
)
def test_without_findings_is_said_only_where_presence_is_clearly_low(
    findings: Findings, status: object
) -> None:
    assert processing_summary(findings, 0.5) == status
