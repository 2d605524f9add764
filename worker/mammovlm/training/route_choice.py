"""Which expert serves which density, by measured AUC (paper 3.1, table 6).

The paper asked how well every encoder recognises each density, and routed a density to one that
does. That says nothing of how well lesions are seen in it (four-systems A24), so the question here
is the routing's own: every expert looks at the training women, a small model reads from its lesion
finder alone BI-RADS 4 or higher against 3, and five-fold cross-validation by woman gives each
density's AUC. The paper's question is answered beside it, from the experts' last maps. Neither
validation nor test women are asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mammovlm.findings import DensityCategory
from mammovlm.model.presets import Preset
from mammovlm.training.evaluation import Measured, auc_by_patient
from mammovlm.training.evaluation_binary import has_enough
from mammovlm.training.joint_data import breast_means
from mammovlm.training.phantom_exams import ExamTruth
from mammovlm.training.routed_views import RoutedViews

FOLDS = 5
PENALTY = 0.01
"""Inverse strength: a few hundred breasts, a hundred numbers each."""
_CATEGORIES = tuple(DensityCategory)


@dataclass(frozen=True)
class DensityRoute:
    """How the expert of one density was found.

    Parameters
    ----------
    expert
        The one with the highest AUC; the preset's where there are too few breasts to measure.
    breasts, positive
        How many were asked about, and how many of them are positive.
    auc
        By expert; empty where there are too few.
    recognised
        AUC of this density against the others, by expert (table 6); empty where too few women
        have it. It chooses nothing.
    """

    expert: str
    breasts: int
    positive: int
    auc: Mapping[str, Measured]
    recognised: Mapping[str, Measured]


RouteChoice = Mapping[DensityCategory, DensityRoute]


def choose_routes(
    views: Mapping[str, RoutedViews],
    categories: Sequence[int],
    truths: Sequence[ExamTruth],
    preset: Preset,
) -> RouteChoice:
    """Measure every expert on every density and take the best of each.

    Parameters
    ----------
    views
        The same exams as each expert sees them.
    categories
        The study's density as the selector tells it, 0..3, one an exam.
    truths
        Of the exams.
    preset
        Whose routes stand where fewer than ten breasts are of either class.
    """
    suspicious = np.array([truth.suspicious for truth in truths]).flatten()
    asked = suspicious >= 0
    labels = suspicious.astype(np.int64)[asked]
    patients = np.repeat(np.arange(len(truths)), 2)[asked]
    densities = np.repeat(np.asarray(categories), 2)[asked]
    scores: Mapping[str, npt.NDArray[np.float64]] = {}
    if len(set(patients.tolist())) >= FOLDS and has_enough(labels):
        scores = {
            name: _out_of_fold(
                breast_means(seen.summaries).flatten(0, 1).numpy()[asked], labels, patients
            )
            for name, seen in views.items()
        }
    recognised = recognised_densities(views, [max(truth.densities) for truth in truths])
    chosen = {}
    for index, category in enumerate(_CATEGORIES):
        mine = densities == index
        auc = {}
        if has_enough(labels[mine]):
            auc = {
                name: auc_by_patient(labels[mine], score[mine], patients[mine])
                for name, score in scores.items()
            }
        best = max(auc, key=lambda name: auc[name].value) if auc else preset.routes[category]
        chosen[category] = DensityRoute(
            best, int(mine.sum()), int(labels[mine].sum()), auc, recognised[category]
        )
    return chosen


def recognised_densities(
    views: Mapping[str, RoutedViews], densities: Sequence[int]
) -> Mapping[DensityCategory, Mapping[str, Measured]]:
    """Measure how well each expert's last map tells each density from the others (table 6).

    Parameters
    ----------
    views
        The same exams as each expert sees them.
    densities
        The study's true density, 0..3, one an exam.
    """
    true, women = np.asarray(densities), np.arange(len(densities))
    chosen: dict[DensityCategory, dict[str, Measured]] = {each: {} for each in _CATEGORIES}
    for index, category in enumerate(_CATEGORIES):
        labels = (true == index).astype(np.int64)
        if len(labels) >= FOLDS and has_enough(labels):
            for name, seen in views.items():
                features = seen.pools.mean(1).flatten(1).numpy()
                scores = _out_of_fold(features, labels, women)
                chosen[category][name] = auc_by_patient(labels, scores, women)
    return chosen


def _out_of_fold(
    features: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    patients: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Score every row by a model that saw no row of that woman."""
    reader = make_pipeline(StandardScaler(), LogisticRegression(C=PENALTY, max_iter=2000))
    told: npt.NDArray[np.float64] = cross_val_predict(
        reader,
        features,
        labels,
        groups=patients,
        cv=GroupKFold(FOLDS),
        method="decision_function",
    )
    return told
