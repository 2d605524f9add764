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

Reduction = Literal["mean", "sum"]
"""Over the pairs of a batch (four-systems A3). The paper prints the sum; the mean weighs the same
whatever the batch is, which `compact` needs: its batches are not the paper's."""


def contrast_between_patients(
    fused: Tensor,
    labels: Tensor,
    patients: Tensor,
    margin: float = 1.0,
    *,
    reduction: Reduction = "mean",
) -> Tensor:
    """Pull equal labels together and push others apart by the margin.

    ``D²`` for equal labels, else ``max(0, margin − D)²``, over all pairs of different patients in
    the batch (four-systems A6), D the distance of the vectors at unit length (A1).

    Parameters
    ----------
    fused
        (cases, width).
    labels, patients
        (cases,), integers.
    margin
        In units of distance; 2 is the largest possible.
    reduction
        Over the pairs.

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
    return _reduced(loss[pairs], reduction) if bool(pairs.any()) else fused.sum() * 0


def contrast_of_pairs(
    ones: Tensor,
    others: Tensor,
    labels: Tensor,
    patients: Tensor,
    *,
    mode: Negatives = "negatives",
    margin: float = 1.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """Pull the two halves of every pair together and push what does not belong apart.

    The mean or sum of ``D²`` over pairs plus that of ``max(0, margin − D)²`` over what is pushed
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
    reduction
        Over the pairs, and over what is pushed apart.
    """
    distance = torch.cdist(ones, others)
    attracted = _reduced((ones - others).square().sum(1), reduction)
    apart = patients[:, None] != patients[None, :]
    if mode == "label":
        apart &= labels[:, None] != labels[None, :]
    if mode == "positives_only" or not bool(apart.any()):
        return attracted
    return attracted + _reduced((margin - distance).clamp_min(0).square()[apart], reduction)


def mean_spread(embeddings: Tensor, patients: Tensor) -> Tensor:
    """Give the mean distance between different patients, a scalar without a gradient.

    Parameters
    ----------
    embeddings
        Of unit length, (images, width).
    patients
        (images,), integers; of two patients or more.

    Returns
    -------
    Tensor
        0..2; near 0 where the map goes constant (four-systems A2). NaN for a single patient.
    """
    seen = embeddings.detach()
    return torch.cdist(seen, seen)[patients[:, None] != patients[None, :]].mean()


def _reduced(values: Tensor, reduction: Reduction) -> Tensor:
    return values.sum() if reduction == "sum" else values.mean()
