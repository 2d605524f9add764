"""Which setting of UMiCon is kept: the paper's method whole, unless another is surely better.

A hundred and eighty validation women tell settings apart by their last hundredths no better than
one seed from the next. To keep whichever came out highest would leave contrast, or reports, out of
the weights by chance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mammovlm.model.heads import HEAD_NAMES
from mammovlm.training.evaluation import (
    DRAWS,
    Labels,
    Measured,
    Numbers,
    area_under_curve,
    over_patients,
)
from mammovlm.training.joint_evaluation import labels_of
from mammovlm.training.joint_settings import JointWomen, TrainedSetting, validation_scores


@dataclass(frozen=True)
class ComparedSetting:
    """A trained setting beside the paper's method whole.

    Parameters
    ----------
    trained
        With its AUC on validation patients.
    beyond
        By how much the mean AUC of its heads is higher than that of the whole method, on the same
        validation patients; None for the whole method itself and where it was not tried.
    """

    trained: TrainedSetting
    beyond: Measured | None

    @property
    def is_surely_better(self) -> bool:
        """Tell whether the whole interval lies above the whole method."""
        return self.beyond is not None and self.beyond.low > 0


def compared_settings(
    trained: Sequence[TrainedSetting], women: JointWomen
) -> tuple[ComparedSetting, ...]:
    """Compare all settings with the paper's method whole and put the one to keep first.

    Parameters
    ----------
    trained
        One at least, with different settings.
    women
        That they were trained on.

    Returns
    -------
    tuple of ComparedSetting
        First the one to keep: the best of those that are surely better than the whole method, or
        else that, or where it was not tried the best of all. Then the others, best first.
    """
    scored = [
        (each, validation_scores(each.model, each.data.rows(women.validation))) for each in trained
    ]
    whole = next((scores for each, scores in scored if each.setting.is_whole), None)
    labels = {
        name: labels_of(name, women.data.rows(women.validation)).flatten().numpy().astype(np.int64)
        for name in HEAD_NAMES
    }
    compared = [
        ComparedSetting(
            each,
            difference_of_means(labels, scores, whole)
            if whole is not None and not each.setting.is_whole
            else None,
        )
        for each, scores in scored
    ]
    compared.sort(key=lambda each: (-_rank(each), -each.trained.score))
    return tuple(compared)


def _rank(compared: ComparedSetting) -> int:
    if compared.is_surely_better:
        return 2
    return int(compared.trained.setting.is_whole)


def difference_of_means(
    labels: Mapping[str, Labels],
    ones: Mapping[str, Numbers],
    others: Mapping[str, Numbers],
    *,
    draws: int = DRAWS,
) -> Measured:
    """Measure by how much one mean AUC of the heads is higher than another, patients in pairs.

    Parameters
    ----------
    labels
        By head, (breasts,), two breasts a patient one after the other; -1 where nothing is asked.
    ones, others
        By head, (breasts,).
    draws
        Of the bootstrap.
    """

    def difference(rows: npt.NDArray[np.int64]) -> float:
        gained = []
        for name, truth in labels.items():
            asked = rows[truth[rows] >= 0]
            first = area_under_curve(truth[asked], ones[name][asked])
            gained.append(first - area_under_curve(truth[asked], others[name][asked]))
        return float(np.mean(gained))

    breasts = len(next(iter(labels.values())))
    return over_patients(difference, np.arange(breasts) // 2, draws=draws)
