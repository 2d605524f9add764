"""A batch in parts and over processes, with the loss of the whole: what a contrast needs.

Accumulating gradients, as is done for losses that are sums over samples, would contrast each part
with itself alone. Here every part is embedded, its embeddings wait for those of the others, and
the networks' inner values are computed again on the way back (gradient caching, Gao et al. 2021),
so that a GPU holds one part's and the negatives are those of the paper's batch.
"""

from collections.abc import Callable

import torch
from torch import Tensor, distributed
from torch.utils.checkpoint import checkpoint

from mammovlm.training.full_size.exams import ExamBatch

Embed = Callable[[ExamBatch], tuple[Tensor, ...]]


def in_parts(embed: Embed, batch: ExamBatch, at_once: int) -> tuple[Tensor, ...]:
    """Embed a batch part by part.

    Parameters
    ----------
    embed
        From exams to tensors with a row, or several, for each.
    batch
        This process's exams.
    at_once
        Exams whose inner values fit into memory.
    """
    count = len(batch.patients)
    if count <= at_once:
        return embed(batch)
    done = [
        checkpoint(embed, batch.rows(slice(start, start + at_once)), use_reentrant=False)
        for start in range(0, count, at_once)
    ]
    return tuple(torch.cat(parts) for parts in zip(*done, strict=True))


def of_all_processes(own: Tensor) -> Tensor:
    """Join the rows of all processes, in their order; a gradient reaches this process's rows.

    Every process computes the loss of the whole batch from what this gives, and knows the part of
    the gradient that goes through its own rows; the sum over processes is the whole gradient.
    Where processes average their gradients, the loss must be multiplied by their number.

    Parameters
    ----------
    own
        As many rows as in every other process.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return own
    rows = [torch.empty_like(own) for _ in range(distributed.get_world_size())]
    distributed.all_gather(rows, own.detach().contiguous())
    rows[distributed.get_rank()] = own
    return torch.cat(rows)
