"""Seeded findings of every kind: any set of views, any untrained head, any number."""

import random

from mammovlm.findings import (
    Algorithm,
    BreastFindings,
    Density,
    Findings,
    Likelihood,
    ModelPart,
    ViewFindings,
)
from mammovlm.study import HANGING_ORDER, Laterality, LeftOut, LeftOutReason, Slot

ALGORITHM = Algorithm(
    name="MammoVLM",
    manufacturer="test",
    version="0.1.0",
    preset="compact",
    device_uid="2.25.1",
    parts=(ModelPart("UMiCon", "mlp", None, "nothing"),),
    training_note="The numbers rest on nothing: this is a test.",
)


def random_findings(seed: int) -> Findings:
    """Draw findings; the same seed gives the same findings."""
    draw = random.Random(seed)
    slots = tuple(slot for slot in HANGING_ORDER if draw.random() < 0.8) or (HANGING_ORDER[0],)
    heads = {name: draw.random() < 0.85 for name in ("density", "presence", "suspicion")}
    breasts = tuple(
        BreastFindings(
            side,
            _density(draw) if heads["density"] else None,
            _likelihood(draw) if heads["presence"] else None,
            _likelihood(draw) if heads["suspicion"] else None,
        )
        for side in (Laterality.RIGHT, Laterality.LEFT)
        if any(slot.laterality is side for slot in slots)
    )
    densities = [breast.density for breast in breasts if breast.density]
    return Findings(
        study_instance_uid="1.2.3",
        views=tuple(_view(slot, number, draw) for number, slot in enumerate(slots)),
        breasts=breasts,
        density=max(densities, key=lambda density: density.category, default=None),
        missing=tuple(slot for slot in HANGING_ORDER if slot not in slots),
        left_out=(LeftOut("1.2.9", LeftOutReason.SPOT_COMPRESSION),) * draw.randrange(3),
        not_available=tuple(name for name, trained in heads.items() if not trained),
        algorithm=ALGORITHM,
    )


def _view(slot: Slot, number: int, draw: random.Random) -> ViewFindings:
    return ViewFindings(slot, f"1.2.{number}", _density(draw), "convnext", draw.random())


def _density(draw: random.Random) -> Density:
    weights = [draw.random() ** 3 + 1e-6 for _ in range(4)]
    a, b, c, d = (weight / sum(weights) for weight in weights)
    return Density((a, b, c, d))


def _likelihood(draw: random.Random) -> Likelihood:
    low, value, high = sorted(draw.betavariate(0.8, 0.8) for _ in range(3))
    return Likelihood(value, low, high, calibrated=draw.random() < 0.5)
