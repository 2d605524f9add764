"""How well the heads do on held-out phantoms, and what they rest on (four-systems 5.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.metrics import roc_curve
from torch import Tensor

from mammovlm.model.heads import PRESENCE, Head
from mammovlm.training.evaluation import BinaryResult, binary_result
from mammovlm.training.evaluation_binary import Cases
from mammovlm.training.head_refits import asked_breasts
from mammovlm.training.joint_data import JointData, breast_means
from mammovlm.training.joint_stage import BreastTruths, JointModel


@dataclass(frozen=True)
class JointResult:
    """Results of one head.

    Parameters
    ----------
    threshold
        Fixed on validation patients (highest sensitivity + specificity).
    rows
        By what the model was given and how it was routed.
    """

    threshold: float
    rows: Mapping[str, BinaryResult]


def fused_breasts(
    model: JointModel,
    data: JointData,
    *,
    text: Tensor | None = None,
    reports: Tensor | None = None,
) -> Tensor:
    """Give the mean fused vector of every breast, (exams, 2, 256)."""
    with torch.inference_mode():
        return breast_means(model(data.vectors, data.texts[0] if text is None else text, reports))


def labels_of(name: str, truths: BreastTruths) -> Tensor:
    """Give a head's labels, (exams, 2), -1 where its question is not asked."""
    return truths.presence if name == PRESENCE else truths.suspicious


def scores_of(head: Head, fused: Tensor, labels: Tensor) -> Cases:
    """Give the head's calibrated scores where its question is asked; exams are patients."""
    breasts = asked_breasts(fused, labels, torch.arange(len(labels)))
    with torch.inference_mode():
        probabilities = head.calibrated(head(breasts.fused)[:, 0])
    return Cases(
        labels=breasts.labels.numpy().astype(np.int64),
        scores=probabilities.double().numpy(),
        patients=breasts.patients.numpy(),
    )


def best_threshold(cases: Cases) -> float:
    """Give the threshold with the highest sensitivity + specificity."""
    false_alarms, found, thresholds = roc_curve(cases.labels, cases.scores)
    return float(thresholds[1:][np.argmax((found - false_alarms)[1:])])


def joint_results(
    model: JointModel,
    heads: Mapping[str, Head],
    validation: JointData,
    test: JointData,
    fallback: JointData,
    *,
    fallback_expert: str,
) -> dict[str, JointResult]:
    """Measure every head on test patients, thresholds fixed on validation patients.

    Parameters
    ----------
    fallback
        The test patients seen by the fallback expert, whatever their density.
    fallback_expert
        Its name, for the rows.

    Returns
    -------
    dict
        By head. Rows: image + metadata (what a PACS can give), image only, image + metadata +
        report, metadata only and report only (leak alarms: every image is replaced by the mean
        image), always the fallback expert, and each expert alone, with the fallback expert on the
        same studies.
    """
    inputs = _inputs(model, test, fallback, fallback_expert)
    results = {}
    for name, head in heads.items():
        fixed = fused_breasts(model, validation)
        threshold = best_threshold(scores_of(head, fixed, labels_of(name, validation)))
        rows = {}
        for told, (fused, exams) in inputs.items():
            cases = scores_of(head, fused, labels_of(name, test.rows(exams)))
            if len(set(cases.labels.tolist())) == 2:
                rows[told] = binary_result(
                    cases.labels, cases.scores, cases.patients, threshold=threshold
                )
        results[name] = JointResult(threshold, rows)
    return results


def _inputs(
    model: JointModel, test: JointData, fallback: JointData, fallback_expert: str
) -> dict[str, tuple[Tensor, Tensor]]:
    """Give fused breasts and the exams they belong to, by what the model was given."""
    everyone = torch.arange(len(test.routes))
    complete, always = fused_breasts(model, test), fused_breasts(model, fallback)
    inputs = {
        "image + metadata": (complete, everyone),
        "image only": (fused_breasts(model, test, text=test.blank), everyone),
        "image + metadata + report": (
            fused_breasts(model, test, reports=test.reports),
            everyone,
        ),
        "metadata only (leak alarm)": (_without_image(model, test), everyone),
        "report only (leak alarm)": (
            _without_image(model, test, text=test.blank, reports=test.reports),
            everyone,
        ),
        f"always {fallback_expert}": (always, everyone),
    }
    for index, name in enumerate(model.umicon.adapters):
        served = (test.routes == index).nonzero()[:, 0]
        inputs[f"studies routed to {name}"] = (complete[served], served)
        inputs[f"studies routed to {name}, by {fallback_expert}"] = (always[served], served)
    return inputs


def _without_image(
    model: JointModel,
    data: JointData,
    *,
    text: Tensor | None = None,
    reports: Tensor | None = None,
) -> Tensor:
    mean = data.vectors.mean((0, 1), keepdim=True).expand_as(data.vectors)
    return fused_breasts(model, replace(data, vectors=mean), text=text, reports=reports)
