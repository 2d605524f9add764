"""Contrast between patients on the fused vector: the paper's equation (1) (3.2.3, 3.2.4)."""

import torch
from torch import Tensor
from torch.nn import functional


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
