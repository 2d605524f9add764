"""Contrast by distance: the paper's equation (1), in both places where it is used.

Within stage S1 between two looks at one image, or an image and its report (3.2.3); within stage S2
between patients (3.2.4).
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Negatives = Literal["negatives", "label", "positives_only"]
"""Whom stage S1 pushes apart (four-systems A2): all other patients; those of another label; nobody,
as the paper prints it."""


def contrast_between_patients(
    fused: Tensor, labels: Tensor, patients: Tensor, margin: float = 1.0
) -> Tensor:
    """Pull equal labels together and push others apart by the margin.

    ``D²`` for equal labels, else ``max(0, margin − D)²``, over all pairs of different patients in
    the batch (four-systems A6), D the distance of the vectors at unit length (A1). The mean over
    pairs, so that its weight does not grow with the batch (A3's option).

    Parameters
    ----------
    fused
        (cases, width).
    labels, patients
        (cases,), integers.
    margin
        In units of distance; 2 is the largest possible.

    Returns
    -------
    Tensor
        A number; 0 where no pair of different patients is there.
    """
    unit = functional.normalize(fused, dim=1)
    distance = torch.cdist(unit, unit)
    pairs = torch.triu(patients[:, None] != patients[None, :], diagonal=1)
    same = labels[:, None] == labels[None, :]
    loss = torch.where(same, distance.square(), (margin - distance).clamp_min(0).square())
    return loss[pairs].mean() if bool(pairs.any()) else fused.sum() * 0


def contrast_of_pairs(
    ones: Tensor,
    others: Tensor,
    labels: Tensor,
    patients: Tensor,
    *,
    mode: Negatives = "negatives",
    margin: float = 1.0,
) -> Tensor:
    """Pull the two halves of every pair together and push what does not belong apart.

    The mean of ``D²`` over pairs plus the mean of ``max(0, margin − D)²`` over what is pushed
    apart; two views of one patient are neither.

    Parameters
    ----------
    ones, others
        Embeddings of unit length, (pairs, width), row by row.
    labels, patients
        (pairs,), integers.
    mode
        Whom to push apart.
    margin
        In units of distance; 2 is the largest possible.
    """
    distance = torch.cdist(ones, others)
    attracted = (ones - others).square().sum(1).mean()
    apart = patients[:, None] != patients[None, :]
    if mode == "label":
        apart &= labels[:, None] != labels[None, :]
    if mode == "positives_only" or not bool(apart.any()):
        return attracted
    return attracted + (margin - distance).clamp_min(0).square()[apart].mean()
