"""What each stage is trained with at full size, and where each number comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

FullStage = Literal["S0", "S1", "S2", "S3"]
Precision = Literal["no", "bf16"]


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
    """

    batch: int
    rate: float
    at_once: int
    precision: Precision = "bf16"
    warm_up: int = 6
    epochs: int = 280
    drop_after: int = 100
    decay: float = 5e-4


FULL_SIZE: Final[Mapping[FullStage, StagePlan]] = MappingProxyType(
    {
        "S0": StagePlan(batch=6, rate=2e-4, at_once=6),
        "S1": StagePlan(batch=12, rate=2e-5, at_once=2),
        "S2": StagePlan(batch=24, rate=1e-5, at_once=4),
        "S3": StagePlan(batch=24, rate=5e-4, at_once=4),
    }
)
"""Batches and rates: paper, table 5; warm-up, decay, epochs and their drop: 4.2.

The paper tunes all of the language model at 1e-5; here LoRA pairs are tuned (four-systems A14), at
the rate of GLM-4's own LoRA recipe. What fits on a GPU at once is `at_once`; the paper does not
say. Half precision is this project's choice.
"""
