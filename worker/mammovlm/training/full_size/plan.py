"""What each stage is trained with at full size, and where each number comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from mammovlm.training.contrast import Negatives, Reduction

FullStage = Literal["S0", "S1", "S2", "S3"]
Precision = Literal["no", "bf16"]
PlanName = Literal["full", "short"]


@dataclass(frozen=True)
class StagePlan:
    """One stage.

    Parameters
    ----------
    batch
        Samples between two updates on all GPUs together: exams of four views in S0 to S2 (the
        paper says "batch" and no more), question and answer pairs in S3.
    rate
        Highest learning rate.
    at_once
        Samples that one GPU of 80 GB works on at once; a larger share of the batch is worked
        through in parts.
    precision
        Of the networks' arithmetic; weights that are trained, and losses, stay in float32.
    warm_up
        Steps until the highest rate.
    epochs, drop_after
        How long, and the epochs after which the rate falls to a tenth.
    decay
        Weight decay of Adam.
    mode
        Whom stage S1 pushes apart (four-systems A2).
    reduction
        Of the contrast over the pairs of a batch (A3).
    """

    batch: int
    rate: float
    at_once: int
    precision: Precision = "bf16"
    warm_up: int = 6
    epochs: int = 280
    drop_after: int = 100
    decay: float = 5e-4
    mode: Negatives = "negatives"
    reduction: Reduction = "mean"


FULL_SIZE: Final[Mapping[FullStage, StagePlan]] = MappingProxyType(
    {
        "S0": StagePlan(batch=6, rate=2e-4, at_once=6),
        "S1": StagePlan(batch=12, rate=2e-5, at_once=2, reduction="sum"),
        "S2": StagePlan(batch=24, rate=1e-5, at_once=4),
        "S3": StagePlan(batch=24, rate=5e-4, at_once=4),
    }
)
"""Batches and rates: paper, table 5; warm-up, decay, epochs and their drop: 4.2.

The paper tunes all of the language model at 1e-5; here LoRA pairs are tuned (four-systems A14), at
the rate of GLM-4's own LoRA recipe. What fits on a GPU at once is `at_once`; the paper does not
say. Half precision is this project's choice. S1 sums its contrast over the batch as the paper
prints it (A3); S2 takes the mean, beside cross-entropies that are means too.
"""

_SHORT_EPOCHS: Final[Mapping[FullStage, int]] = MappingProxyType(
    {"S0": 4, "S1": 4, "S2": 8, "S3": 1}
)
PLANS: Final[Mapping[PlanName, Mapping[FullStage, StagePlan]]] = MappingProxyType(
    {
        "full": FULL_SIZE,
        "short": MappingProxyType(
            {
                stage: replace(plan, epochs=_SHORT_EPOCHS[stage], drop_after=_SHORT_EPOCHS[stage])
                for stage, plan in FULL_SIZE.items()
            }
        ),
    }
)
"""By name: the paper's, and one that goes the whole way at true size in few steps.

With `PHANTOMS` short takes 212, 104 and 104 steps in S0, S1 and S2: meant for minutes on one GPU,
and not timed on any. It shows that the way is sound; what it has learned is worth nothing.
"""
PHANTOMS: Final[Mapping[PlanName, int]] = MappingProxyType({"full": 2000, "short": 400})
"""Exams that a plan learns from unless told otherwise."""
