"""Runs a network over the images of several studies, so many at once, and sorts what it gives."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def in_pieces(
    network: Callable[[Tensor], tuple[Tensor, ...]],
    rows: Sequence[Tensor],
    at_once: int | None,
) -> list[tuple[Tensor, ...]]:
    """Run a network over several stacks of images.

    Parameters
    ----------
    network
        From (images, ...) to one or more tensors of as many rows.
    rows
        The stacks, (images, ...) each.
    at_once
        Images that go through together, whatever stack they belong to; None: stack by stack.

    Returns
    -------
    list of tuple of Tensor
        For each stack what its own images gave.
    """
    if at_once is None or not rows:
        return [network(each) for each in rows]
    pieces = [network(piece) for piece in torch.cat(list(rows)).split(at_once)]
    counts = [len(each) for each in rows]
    columns = [torch.cat(column).split(counts) for column in zip(*pieces, strict=True)]
    return list(zip(*columns, strict=True))
