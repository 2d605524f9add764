"""Measures as four-systems 5.3 asks: by patient, with an interval and with a baseline beside."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata
from sklearn.metrics import balanced_accuracy_score, brier_score_loss

Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
DRAWS = 2000
"""Patients are drawn anew this often for an interval."""


@dataclass(frozen=True)
class Measured:
    """A measure with its 95 % interval over patients.

    Parameters
    ----------
    value, low, high
        ``low`` and ``high`` are the 2.5 and 97.5 percentiles over resampled patients.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class BinaryResult:
    """How well one binary score does.

    Parameters
    ----------
    cases, positives, patients
        Counts.
    auc
        On graded scores, by patient.
    balanced_accuracy
        At a threshold fixed beforehand.
    sensitivity, specificity, accuracy
        At the same threshold.
    majority_accuracy
        Accuracy of always giving the more frequent answer; its balanced accuracy is 0.5.
    brier
        Mean squared error of the probability.
    """

    cases: int
    positives: int
    patients: int
    auc: Measured
    balanced_accuracy: float
    sensitivity: float
    specificity: float
    accuracy: float
    majority_accuracy: float
    brier: float

    def as_dict(self) -> dict[str, object]:
        """Give plain numbers for JSON."""
        return asdict(self)


def binary_result(
    labels: Labels,
    probabilities: Numbers,
    patients: Labels,
    *,
    threshold: float = 0.5,
    draws: int = DRAWS,
) -> BinaryResult:
    """Measure one binary score.

    Parameters
    ----------
    labels
        0 or 1, both present.
    probabilities
        0..1.
    patients
        Who each case belongs to; several cases of one patient are drawn together.
    threshold
        Fixed on other patients.
    draws
        Of the bootstrap.
    """
    answers = probabilities >= threshold
    share = float(labels.mean())
    return BinaryResult(
        cases=len(labels),
        positives=int(labels.sum()),
        patients=len(np.unique(patients)),
        auc=auc_by_patient(labels, probabilities, patients, draws=draws),
        balanced_accuracy=float(balanced_accuracy_score(labels, answers)),
        sensitivity=float(answers[labels == 1].mean()),
        specificity=float((~answers[labels == 0]).mean()),
        accuracy=float((answers == labels).mean()),
        majority_accuracy=max(share, 1 - share),
        brier=float(brier_score_loss(labels, probabilities)),
    )


def auc_by_patient(
    labels: Labels, scores: Numbers, patients: Labels, *, draws: int = DRAWS, seed: int = 0
) -> Measured:
    """Area under the ROC curve, with an interval over resampled patients."""

    def measure(rows: npt.NDArray[np.int64]) -> float:
        return area_under_curve(labels[rows], scores[rows])

    return over_patients(measure, patients, draws=draws, seed=seed)


def area_under_curve(labels: Labels, scores: Numbers) -> float:
    """Area under the ROC curve by ranks (Mann–Whitney); NaN where one class is absent.

    scikit-learn's takes a millisecond, which two thousand draws for every row of every table make
    minutes.
    """
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = float(rankdata(scores)[labels == 1].sum())
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


def over_patients(
    measure: Callable[[npt.NDArray[np.int64]], float],
    patients: Labels,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Measured:
    """Give any measure its interval.

    Parameters
    ----------
    measure
        From row numbers to a number; NaN where a draw cannot be measured, which is left out.
    patients
        Who each row belongs to.
    """
    names, owner = np.unique(patients, return_inverse=True)
    rows = [np.flatnonzero(owner == index) for index in range(len(names))]
    rng = np.random.default_rng(seed)
    values = [
        measure(np.concatenate([rows[who] for who in rng.integers(0, len(names), len(names))]))
        for _ in range(draws)
    ]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return Measured(measure(np.arange(len(patients))), float(low), float(high))
