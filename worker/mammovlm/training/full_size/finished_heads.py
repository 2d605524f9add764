"""The heads as they go into a folder of weights: refitted, calibrated, measured; or left out."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Final, cast

from torch import Tensor, nn

from mammovlm.model.heads import HEAD_NAMES, PRESENCE, Head
from mammovlm.training.evaluation import Measured
from mammovlm.training.evaluation_binary import FEWEST, Cases, ranking
from mammovlm.training.full_size.networks import JointNetwork
from mammovlm.training.full_size.seen_exams import SeenExams
from mammovlm.training.head_refits import PREVALENCE, HeadBreasts, finished_head
from mammovlm.training.joint_evaluation import best_threshold, scores_of

MEMBERS: Final = 100
"""Refits of every head, as in `compact`."""


@dataclass(frozen=True)
class FinishedHead:
    """One head that gives numbers.

    Parameters
    ----------
    head
        With its refits and its calibration.
    threshold
        Fixed on validation patients.
    auc
        On test patients; None where there are too few of them.
    """

    head: Head
    threshold: float
    auc: Measured | None


@dataclass(frozen=True)
class SeenSplit:
    """What the networks make of the patients of training, validation and test."""

    training: SeenExams
    validation: SeenExams
    test: SeenExams


def finished_heads(network: JointNetwork, seen: SeenSplit) -> Mapping[str, FinishedHead]:
    """Refit and calibrate every head for which there are patients enough.

    Returns
    -------
    mapping
        By name. A head is left out where training or validation has fewer than `FEWEST` patients
        of either answer: a likelihood that was calibrated on a handful of patients means nothing.
    """
    heads = {}
    for name in HEAD_NAMES:
        training, validation = (_breasts(name, each) for each in (seen.training, seen.validation))
        if not (_has_enough(training) and _has_enough(validation)):
            continue
        layer = cast("nn.Linear", deepcopy(network.joint.heads[name]).cpu())
        head = finished_head(
            layer, training, validation, members=MEMBERS, seed=0, prevalence=PREVALENCE[name]
        )
        unseen, labels = seen.validation.fused, _labels(name, seen.validation)
        threshold = best_threshold(scores_of(head, unseen, labels))
        heads[name] = FinishedHead(head, threshold, _measured(name, head, seen.test))
    return heads


def _labels(name: str, seen: SeenExams) -> Tensor:
    return seen.presence if name == PRESENCE else seen.suspicious


def _breasts(name: str, seen: SeenExams) -> HeadBreasts:
    labels = _labels(name, seen)
    asked = labels >= 0
    patients = seen.patients[:, None].expand(-1, 2)
    return HeadBreasts(seen.fused[asked], labels[asked], patients[asked])


def _has_enough(breasts: HeadBreasts) -> bool:
    counts = [len(breasts.patients[breasts.labels == answer].unique()) for answer in (0, 1)]
    return min(counts) >= FEWEST


def _measured(name: str, head: Head, seen: SeenExams) -> Measured | None:
    scores = scores_of(head, seen.fused, _labels(name, seen))
    return ranking(Cases(scores.labels, scores.probabilities, scores.patients)).auc
