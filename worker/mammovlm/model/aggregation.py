"""From views to breasts to the study (four-systems A15, A16).

A breast's density and scores are the mean over its views; the study's density is that of the denser
breast. Breasts are independent and never averaged with each other.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from mammovlm.findings import BreastFindings, Density, DensityCategory, Likelihood
from mammovlm.model.heads import PRESENCE, SUSPICION, Head
from mammovlm.study import Laterality, Slot

SIDES: tuple[Laterality, ...] = (Laterality.RIGHT, Laterality.LEFT)
_ORDER = {category: place for place, category in enumerate(DensityCategory)}


def density_of(probabilities: Tensor) -> Density:
    """Make a density of four probabilities, shape (4,), that may miss 1 by rounding."""
    a, b, c, d = (probabilities.double() / probabilities.double().sum()).tolist()
    return Density((a, b, c, d))


def breast_densities(slots: Sequence[Slot], probabilities: Tensor) -> dict[Laterality, Density]:
    """Average the density of each breast over its views.

    Parameters
    ----------
    slots
        Of the views.
    probabilities
        (views, 4).
    """
    return {
        side: density_of(probabilities[rows].mean(0)) for side, rows in rows_by_side(slots).items()
    }


def denser(densities: Sequence[Density]) -> Density:
    """Pick the denser one: by category, then by the mean category of its probabilities."""
    return max(densities, key=lambda each: (_ORDER[each.category], _mean_category(each)))


def breast_findings(
    slots: Sequence[Slot],
    densities: Mapping[Laterality, Density],
    heads: Mapping[str, Head],
    logits: Mapping[str, Tensor],
) -> tuple[BreastFindings, ...]:
    """Gather what was found per breast, right before left.

    Parameters
    ----------
    slots
        Of the views.
    densities
        Per breast; empty without a trained selector.
    heads, logits
        Trained heads by name, and what each said: (views, 1 + members).
    """

    def likelihood(name: str, rows: list[int]) -> Likelihood | None:
        return heads[name].likelihood(logits[name][rows]) if name in logits else None

    return tuple(
        BreastFindings(
            laterality=side,
            density=densities.get(side),
            presence=likelihood(PRESENCE, rows),
            suspicion=likelihood(SUSPICION, rows),
        )
        for side, rows in rows_by_side(slots).items()
    )


def view_suspicions(heads: Mapping[str, Head], logits: Mapping[str, Tensor]) -> list[float] | None:
    """Give the calibrated suspicion of every view alone; None without a trained head."""
    if SUSPICION not in logits:
        return None
    own = heads[SUSPICION].calibrated(logits[SUSPICION][:, 0])
    return [float(value) for value in own]


def rows_by_side(slots: Sequence[Slot]) -> dict[Laterality, list[int]]:
    """Tell which views show which breast, right before left; a side without views is absent."""
    rows = {
        side: [row for row, slot in enumerate(slots) if slot.laterality is side] for side in SIDES
    }
    return {side: found for side, found in rows.items() if found}


def _mean_category(density: Density) -> float:
    return float(torch.dot(torch.tensor(density.probabilities), torch.arange(4.0)))
