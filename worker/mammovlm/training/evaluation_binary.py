"""Measures of one yes-or-no question: ranking, and what a threshold gives (paper, table 7)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from mammovlm.training.evaluation import (
    DRAWS,
    Labels,
    Measured,
    Numbers,
    auc_by_patient,
    over_patients,
)

FEWEST: Final = 10
"""With fewer of either class no AUC is given: its interval would span most of what there is."""
_Answers = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cases:
    """Breasts (or studies) of which a question's answer is known.

    Parameters
    ----------
    labels
        0 or 1.
    scores
        0..1, graded.
    patients
        Who each one belongs to.
    """

    labels: Labels
    scores: Numbers
    patients: Labels


@dataclass(frozen=True)
class Ranking:
    """How well a graded score ranks.

    Parameters
    ----------
    cases, positives, patients
        Counts.
    auc
        None where fewer than `FEWEST` are of either class.
    """

    cases: int
    positives: int
    patients: int
    auc: Measured | None


@dataclass(frozen=True)
class OperatingPoint:
    """What answering yes from a threshold on gives, with intervals over patients.

    Parameters
    ----------
    name, threshold
        Fixed beforehand, on other patients.
    measures
        By name: "balanced accuracy", "ACC", "SEN", "SPC", "PPV", "NPV"; None where nothing
        was there to measure it on.
    majority_accuracy
        Accuracy of always giving the more frequent answer; its balanced accuracy is 0.5.
    """

    name: str
    threshold: float
    measures: Mapping[str, Measured | None]
    majority_accuracy: float


def has_enough(labels: Labels) -> bool:
    """Tell whether both classes have `FEWEST` cases."""
    positives = int(labels.sum())
    return min(positives, len(labels) - positives) >= FEWEST


def ranking(cases: Cases, draws: int = DRAWS) -> Ranking:
    """Measure the ranking, where there are enough of both classes."""
    auc = None
    if has_enough(cases.labels):
        auc = auc_by_patient(cases.labels, cases.scores, cases.patients, draws=draws)
    return Ranking(
        cases=len(cases.labels),
        positives=int(cases.labels.sum()),
        patients=len(np.unique(cases.patients)),
        auc=auc,
    )


def operating_point(
    cases: Cases, name: str, threshold: float, draws: int = DRAWS
) -> OperatingPoint:
    """Measure one threshold; a score equal to it counts as yes."""
    answers = cases.scores >= threshold
    share = float(cases.labels.mean())
    return OperatingPoint(
        name=name,
        threshold=threshold,
        measures={
            told: _measured(measure, cases.labels == 1, answers, cases.patients, draws)
            for told, measure in MEASURES.items()
        },
        majority_accuracy=max(share, 1 - share),
    )


def _measured(
    measure: Callable[[_Answers, _Answers], float],
    truth: _Answers,
    answers: _Answers,
    patients: Labels,
    draws: int,
) -> Measured | None:
    if not np.isfinite(measure(truth, answers)):
        return None
    return over_patients(lambda rows: measure(truth[rows], answers[rows]), patients, draws=draws)


def _share(part: _Answers) -> float:
    return float(part.mean()) if part.size else float("nan")


def _sensitivity(truth: _Answers, answers: _Answers) -> float:
    return _share(answers[truth])


def _specificity(truth: _Answers, answers: _Answers) -> float:
    return _share(~answers[~truth])


MEASURES: Final[Mapping[str, Callable[[_Answers, _Answers], float]]] = MappingProxyType(
    {
        "balanced accuracy": lambda truth, answers: (
            (_sensitivity(truth, answers) + _specificity(truth, answers)) / 2
        ),
        "ACC": lambda truth, answers: _share(truth == answers),
        "SEN": _sensitivity,
        "SPC": _specificity,
        "PPV": lambda truth, answers: _share(truth[answers]),
        "NPV": lambda truth, answers: _share(~truth[~answers]),
    }
)
"""From truth and answers to a share, NaN where there is nothing to divide by."""
