"""The heads as they go into a folder of weights: refitted, calibrated, measured; or left out."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Final, cast

from torch import nn

from mammovlm.model.heads import HEAD_NAMES, Head
from mammovlm.training.evaluation import Measured
from mammovlm.training.evaluation_binary import FEWEST, ranking
from mammovlm.training.full_size.networks import JointNetwork
from mammovlm.training.full_size.seen_exams import SeenExams
from mammovlm.training.head_refits import PREVALENCE, HeadBreasts, asked_breasts, finished_head
from mammovlm.training.joint_evaluation import best_threshold, labels_of, scores_of

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
        unseen, labels = seen.validation.fused, labels_of(name, seen.validation)
        threshold = best_threshold(scores_of(head, unseen, labels))
        heads[name] = FinishedHead(head, threshold, _measured(name, head, seen.test))
    return heads


def _breasts(name: str, seen: SeenExams) -> HeadBreasts:
    return asked_breasts(seen.fused, labels_of(name, seen), seen.patients)


def _has_enough(breasts: HeadBreasts) -> bool:
    counts = [len(breasts.patients[breasts.labels == answer].unique()) for answer in (0, 1)]
    return min(counts) >= FEWEST


def _measured(name: str, head: Head, seen: SeenExams) -> Measured | None:
    return ranking(scores_of(head, seen.fused, labels_of(name, seen))).auc
