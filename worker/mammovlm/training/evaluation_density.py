"""How well density is told: four categories, and each against the others (paper, table 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mammovlm.findings import Density, DensityCategory
from mammovlm.training.evaluation import DRAWS, Labels, Measured, over_patients
from mammovlm.training.evaluation_binary import Cases, Ranking, ranking
from mammovlm.training.evaluation_scores import Shares

_ORDER = {category: place for place, category in enumerate(DensityCategory)}
_COUNT = len(_ORDER)


@dataclass(frozen=True)
class DensityResult:
    """Measures of the density category.

    Parameters
    ----------
    cases, patients
        Counts of those of which exactly one category is known.
    accuracy, within_one, quadratic_kappa
        With intervals over patients. Kappa is 0 for an answer that ignores the image.
    majority_accuracy
        Accuracy of always giving the most frequent category.
    confusion
        Rows: truth A to D; columns: what was said.
    one_against_rest
        AUC of each category's probability.
    """

    cases: int
    patients: int
    accuracy: Measured
    majority_accuracy: float
    within_one: Measured
    quadratic_kappa: Measured
    confusion: tuple[tuple[int, ...], ...]
    one_against_rest: Mapping[DensityCategory, Ranking]


def density_result(
    truths: Sequence[DensityCategory],
    said: Sequence[Shares],
    patients: Sequence[int],
    draws: int = DRAWS,
) -> DensityResult | None:
    """Measure the density category; None where it is known of nobody.

    Parameters
    ----------
    truths, said, patients
        One entry a breast or a study.
    """
    if not truths:
        return None
    true = np.array([_ORDER[truth] for truth in truths])
    told = np.array([_ORDER[Density(shares).category] for shares in said])
    who = np.array(patients)
    off = np.abs(true - told)
    return DensityResult(
        cases=len(true),
        patients=len(np.unique(who)),
        accuracy=over_patients(lambda rows: float(np.mean(off[rows] == 0)), who, draws=draws),
        majority_accuracy=float(np.bincount(true).max() / len(true)),
        within_one=over_patients(lambda rows: float(np.mean(off[rows] <= 1)), who, draws=draws),
        quadratic_kappa=over_patients(
            lambda rows: quadratic_kappa(true[rows], told[rows]), who, draws=draws
        ),
        confusion=tuple(tuple(row) for row in _confusion(true, told).tolist()),
        one_against_rest=_one_against_rest(true, np.array(said), who, draws),
    )


def quadratic_kappa(true: Labels, told: Labels) -> float:
    """Cohen's kappa with quadratic weights; 1 where everything is one category and right.

    scikit-learn's takes a millisecond, which two thousand draws make seconds.
    """
    seen = _confusion(true, told)
    expected = np.outer(seen.sum(1), seen.sum(0)) / len(true)
    weights = np.subtract.outer(np.arange(_COUNT), np.arange(_COUNT)) ** 2
    by_chance = float((weights * expected).sum())
    return 1 - float((weights * seen).sum()) / by_chance if by_chance else 1.0


def _confusion(true: Labels, told: Labels) -> npt.NDArray[np.int64]:
    return np.bincount(true * _COUNT + told, minlength=_COUNT**2).reshape(_COUNT, _COUNT)


def _one_against_rest(
    true: Labels, said: npt.NDArray[np.float64], who: Labels, draws: int
) -> Mapping[DensityCategory, Ranking]:
    return {
        category: ranking(Cases((true == place).astype(np.int64), said[:, place], who), draws=draws)
        for category, place in _ORDER.items()
    }
