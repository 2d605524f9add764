"""Refits a trained head on resampled patients, for the interval, and calibrates it."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from mammovlm.model.heads import Head

PREVALENCE = {"presence": 0.096, "suspicion": 0.455}
"""What a calibrated likelihood refers to: breasts with BI-RADS 3 or higher in VinDr-Mammo's tables
(959 of 10,000), and malignant ones in the MammoVLM paper's cohort of categories 3 and 4 (table 4).
Training phantoms are drawn evenly, far above both."""


@dataclass(frozen=True)
class HeadBreasts:
    """Breasts of which a head's question is asked.

    Parameters
    ----------
    fused
        Mean fused vector, (breasts, width).
    labels
        0 or 1, (breasts,).
    patients
        Whose they are, (breasts,), integers.
    """

    fused: Tensor
    labels: Tensor
    patients: Tensor


def asked_breasts(fused: Tensor, labels: Tensor, patients: Tensor) -> HeadBreasts:
    """Give the breasts of which a head's question is asked.

    Parameters
    ----------
    fused
        Mean fused vector of every breast, (exams, 2, width).
    labels
        (exams, 2), -1 where the question is not asked.
    patients
        Whose the exams are, (exams,), integers.
    """
    asked = labels >= 0
    return HeadBreasts(fused[asked], labels[asked], patients[:, None].expand(-1, 2)[asked])


def finished_head(
    main: torch.nn.Linear,
    training: HeadBreasts,
    validation: HeadBreasts,
    *,
    members: int,
    seed: int,
    prevalence: float,
) -> Head:
    """Refit a head on resampled training patients and calibrate it on validation patients.

    Parameters
    ----------
    main
        The trained last layer.
    training, validation
        Of different patients; both answers in each.
    members, seed
        See `refitted_head`.
    prevalence
        See `calibrate`.
    """
    head = refitted_head(
        main, training.fused.clone(), training.labels, training.patients, members=members, seed=seed
    )
    with torch.no_grad():
        logits = head(validation.fused)[:, 0]
    calibrate(head, logits, validation.labels, prevalence)
    return head


def refitted_head(
    main: torch.nn.Linear,
    fused: Tensor,
    labels: Tensor,
    patients: Tensor,
    *,
    members: int,
    seed: int,
    pull: float = 0.02,
) -> Head:
    """Refit the last layer on resampled patients, starting from the trained one.

    Parameters
    ----------
    main
        The trained last layer.
    fused
        Mean fused vector of each breast, (breasts, width); a linear layer of the mean is the mean
        of the views' scores.
    labels, patients
        (breasts,).
    members
        Number of refits.
    pull
        Weight of the squared distance from the trained layer, which few patients cannot replace.
    """
    generator = torch.Generator().manual_seed(seed)
    counts = _drawn_counts(patients, members, generator)
    head = Head(fused.shape[1], members)
    with torch.no_grad():
        head.main.weight.copy_(main.weight)
        head.main.bias.copy_(main.bias)
        head.members.weight.copy_(main.weight.expand(members, -1))
        head.members.bias.copy_(main.bias.expand(members))
    optimiser = torch.optim.LBFGS(
        head.members.parameters(), max_iter=100, line_search_fn="strong_wolfe"
    )
    target = labels.float()[:, None].expand(-1, members)

    def loss() -> float:
        optimiser.zero_grad()
        logits = head.members(fused)
        each = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        fit = ((each * counts).sum(0) / counts.sum(0)).sum()
        moved = (head.members.weight - main.weight.detach()).square().sum()
        value = fit + pull * moved
        value.backward()
        return float(value.detach())

    optimiser.step(loss)
    return head.eval()


def calibrate(head: Head, logits: Tensor, labels: Tensor, prevalence: float) -> None:
    """Fit Platt's scaling on validation breasts, weighted to a stated prevalence.

    Parameters
    ----------
    head
        Changed in place.
    logits, labels
        (breasts,): the head's own scores and truth.
    prevalence
        Share of positives that the calibrated likelihood is to refer to.
    """
    share = labels.float().mean()
    weights = torch.where(labels == 1, prevalence / share, (1 - prevalence) / (1 - share))
    scale = torch.tensor([1.0, 0.0], requires_grad=True)
    optimiser = torch.optim.LBFGS([scale], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> float:
        optimiser.zero_grad()
        value = functional.binary_cross_entropy_with_logits(
            scale[0] * logits + scale[1], labels.float(), weight=weights
        )
        value.backward()
        return float(value.detach())

    optimiser.step(loss)
    # a score that runs the wrong way on validation patients is worth nothing, not its reverse
    slope, shift = scale.detach().tolist()
    head.platt.copy_(torch.tensor([max(slope, 0.0), shift]))


def _drawn_counts(patients: Tensor, members: int, generator: torch.Generator) -> Tensor:
    """How often each breast is in each draw of patients, (breasts, members)."""
    names, owner = torch.unique(patients, return_inverse=True)
    draws = torch.randint(len(names), (members, len(names)), generator=generator)
    counts = torch.zeros(members, len(names)).scatter_add_(1, draws, torch.ones_like(draws).float())
    return counts[:, owner].T
