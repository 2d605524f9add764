"""The steps of stages S0 to S2 at full size, alone or shared by the processes of accelerate.

A step's exams follow from its number, so a run that was stopped goes on as if it had not been, and
several processes take together the step that one would take alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs, InitProcessGroupKwargs
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset

from mammovlm.training.full_size.exams import ExamBatch, ExamSource
from mammovlm.training.full_size.plan import Precision, StagePlan
from mammovlm.training.language_model_checkpoint import load_checkpoint, save_checkpoint
from mammovlm.training.loss_curves import Curve, untold
from mammovlm.training.shared_batches import shares_of

READERS = 2
"""Processes per GPU that read exams ahead."""
PATIENCE = timedelta(hours=12)
"""How long processes wait for each other: the first one draws all phantoms before the others go on,
which takes longer than the ten minutes after which NCCL gives up otherwise."""


@dataclass
class FullSizePlace:
    """Where and how a stage runs.

    Parameters
    ----------
    accelerator
        Devices, processes and precision; see `new_accelerator`.
    checkpoint
        Safetensors file of the stage, from which a run goes on; None keeps nothing.
    checkpoint_every
        Steps between checkpoints.
    readers
        Processes that read ahead; 0 reads in this one.
    progress
        Told every step (from 1) and the loss of its whole batch.
    curve
        Told the stage, step and loss, and of S1 the spread of its embeddings.
    made_of
        Hash of what decides the run; a checkpoint of another one is not taken up.
    """

    accelerator: Accelerator
    checkpoint: Path | None = None
    checkpoint_every: int = 100
    readers: int = READERS
    progress: Callable[[int, float], None] = lambda step, loss: None
    curve: Curve = untold
    made_of: str = ""


def new_accelerator(precision: Precision, *, cpu: bool = False) -> Accelerator:
    """Make what knows this process's device and the other processes.

    Parameters
    ----------
    precision
        Of the networks' arithmetic.
    cpu
        Leave a GPU aside.
    """
    # a selector's last stage feeds no head, and an expert may see no exam of a batch
    unused = DistributedDataParallelKwargs(find_unused_parameters=True)
    waiting = InitProcessGroupKwargs(timeout=PATIENCE)
    return Accelerator(mixed_precision=precision, cpu=cpu, kwargs_handlers=[unused, waiting])


def train_full_size(
    loss: nn.Module, source: ExamSource, plan: StagePlan, steps: int, place: FullSizePlace
) -> None:
    """Train a stage in place; goes on from its checkpoint if there is one.

    Parameters
    ----------
    loss
        From this process's exams to the loss of the whole batch; see `full_size.losses`.
    source
        Exams to learn from; at least one batch.
    plan
        Batch, rate and how it falls.
    steps
        Updates in all.

    Raises
    ------
    ValueError
        If the processes cannot share a batch evenly, or there are too few exams for one.
    """
    accelerator = place.accelerator
    (own,) = shares_of(plan.batch, accelerator.num_processes, accelerator.process_index, 1)
    if len(source) < plan.batch:
        raise ValueError(f"There are {len(source)} exams for batches of {plan.batch}.")
    trainable = {name: tensor for name, tensor in loss.named_parameters() if tensor.requires_grad}
    optimizer = torch.optim.Adam(trainable.values(), lr=plan.rate, weight_decay=plan.decay)
    done = 0
    if place.checkpoint:
        done = load_checkpoint(place.checkpoint, trainable, optimizer, made_of=place.made_of)
    model, optimizer = accelerator.prepare(loss, optimizer)
    for step, batch in enumerate(_batches(source, plan, own, range(done, steps), place), done):
        for group in optimizer.param_groups:
            group["lr"] = plan.rate * rate_share(step, len(source) // plan.batch, plan)
        value = model(batch.to(accelerator.device))
        accelerator.backward(value * accelerator.num_processes)  # gradients are averaged
        optimizer.step()
        optimizer.zero_grad()
        place.progress(step + 1, float(value.detach()))
        due = (step + 1) % place.checkpoint_every == 0 or step + 1 == steps
        if place.checkpoint and due and accelerator.is_main_process:
            save_checkpoint(place.checkpoint, trainable, optimizer, step + 1, made_of=place.made_of)
    accelerator.wait_for_everyone()


def rate_share(step: int, steps_per_epoch: int, plan: StagePlan) -> float:
    """Give the learning rate of a step as a share of the highest (paper 4.2)."""
    if step < plan.warm_up:
        return (step + 1) / plan.warm_up
    return 0.1 if step >= plan.drop_after * steps_per_epoch else 1.0


def rows_of_step(step: int, batch: int, exams: int) -> list[int]:
    """Give the exams of a step: every epoch in another order, its incomplete rest left out."""
    epoch, place = divmod(step, exams // batch)
    order = np.random.default_rng([exams, epoch]).permutation(exams)
    return [int(row) for row in order[place * batch : (place + 1) * batch]]


class _Steps(Dataset[ExamBatch]):
    """One process's exams of every step."""

    def __init__(self, source: ExamSource, batch: int, own: slice) -> None:
        self._source, self._batch, self._own = source, batch, own

    def __getitem__(self, step: int) -> ExamBatch:
        rows = rows_of_step(step, self._batch, len(self._source))
        return self._source.batch(rows[self._own], step)


def _batches(
    source: ExamSource, plan: StagePlan, own: slice, steps: Sequence[int], place: FullSizePlace
) -> "DataLoader[ExamBatch]":
    return DataLoader(
        Subset(_Steps(source, plan.batch, own), steps),
        batch_size=None,
        num_workers=place.readers,
        pin_memory=place.accelerator.device.type == "cuda",
    )
