"""Ruling out: clear a fifth of those without cancer, and see how many with cancer are not cleared.

What the paper's table 10 calls specificity at a sensitivity of 20 % (four-systems A21).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mammovlm.training.evaluation import (
    DRAWS,
    Labels,
    Measured,
    Numbers,
    over_patients,
)
from mammovlm.training.evaluation_binary import Cases, has_enough

CLEARED_SHARE: Final = 0.2


@dataclass(frozen=True)
class RuleOut:
    """What clearing the least suspicious gives.

    Parameters
    ----------
    threshold
        Scores up to it are cleared; found on these very cases.
    cleared
        Share of the non-malignant that is cleared: at least what was asked, more with ties.
    kept
        Share of the malignant that is not cleared; a score that knows nothing keeps
        ``1 - cleared``.
    malignant, benign
        Counts.
    """

    threshold: float
    cleared: float
    kept: Measured
    malignant: int
    benign: int


def rule_out_at_20(cases: Cases, draws: int = DRAWS) -> RuleOut | None:
    """Clear a fifth of the non-malignant; None where there are too few of either class.

    The threshold is found anew in every draw, so the interval holds for the whole procedure.
    """
    if not has_enough(cases.labels):
        return None
    threshold = clearing_threshold(cases.labels, cases.scores, CLEARED_SHARE)
    benign = cases.labels == 0
    return RuleOut(
        threshold=threshold,
        cleared=float(np.mean(cases.scores[benign] <= threshold)),
        kept=over_patients(
            lambda rows: kept_share(cases.labels[rows], cases.scores[rows], CLEARED_SHARE),
            cases.patients,
            draws=draws,
        ),
        malignant=int((~benign).sum()),
        benign=int(benign.sum()),
    )


def clearing_threshold(labels: Labels, scores: Numbers, share: float) -> float:
    """Give the lowest score that, with all below it, clears at least a share of the non-malignant.

    Parameters
    ----------
    labels
        0 for non-malignant; at least one.
    share
        0..1; minus infinity is given for 0, which clears nobody.
    """
    benign = np.sort(scores[labels == 0])
    count = int(np.ceil(share * len(benign) - 1e-9))
    return float(benign[count - 1]) if count else -np.inf


def kept_share(labels: Labels, scores: Numbers, share: float) -> float:
    """Share of the malignant that is not cleared; NaN where one class is absent."""
    malignant = scores[labels == 1]
    if not malignant.size or malignant.size == len(scores):
        return float("nan")
    return float(np.mean(malignant > clearing_threshold(labels, scores, share)))
