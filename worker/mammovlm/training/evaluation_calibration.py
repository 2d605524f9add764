"""Whether a likelihood of 30 % comes true in 30 % of the cases."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mammovlm.training.evaluation import DRAWS, Measured, over_patients
from mammovlm.training.evaluation_binary import Cases

BINS: Final = 10


@dataclass(frozen=True)
class ReliabilityBin:
    """Cases whose likelihood lies in one tenth of the scale.

    Parameters
    ----------
    low, high
        Bounds of the likelihood, half open but for the last.
    cases
        How many.
    likelihood, share
        Mean likelihood, and share of positives; None without cases.
    """

    low: float
    high: float
    cases: int
    likelihood: float | None
    share: float | None


@dataclass(frozen=True)
class Calibration:
    """How far likelihoods are from what is true.

    Parameters
    ----------
    brier
        Mean squared error of the likelihood.
    brier_of_prevalence
        The same for always saying the share of positives: the baseline.
    expected_error
        Expected calibration error: mean distance between likelihood and share, over `BINS`.
    bins
        For the reliability plot.
    """

    brier: Measured
    brier_of_prevalence: float
    expected_error: float
    bins: tuple[ReliabilityBin, ...]


def calibration(cases: Cases, draws: int = DRAWS) -> Calibration:
    """Measure calibration.

    Parameters
    ----------
    cases
        At least one.
    """
    squared = (cases.scores - cases.labels) ** 2
    share = float(cases.labels.mean())
    bins = tuple(_bin(cases, place) for place in range(BINS))
    return Calibration(
        brier=over_patients(lambda rows: float(squared[rows].mean()), cases.patients, draws=draws),
        brier_of_prevalence=share * (1 - share),
        expected_error=sum(
            each.cases * abs(each.likelihood - each.share)
            for each in bins
            if each.likelihood is not None and each.share is not None
        )
        / len(cases.labels),
        bins=bins,
    )


def _bin(cases: Cases, place: int) -> ReliabilityBin:
    inside = np.minimum((cases.scores * BINS).astype(np.int64), BINS - 1) == place
    count = int(inside.sum())
    return ReliabilityBin(
        low=place / BINS,
        high=(place + 1) / BINS,
        cases=count,
        likelihood=float(cases.scores[inside].mean()) if count else None,
        share=float(cases.labels[inside].mean()) if count else None,
    )
