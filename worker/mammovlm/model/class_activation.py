"""Class activation: which cells of a view the 3/4 logit rests on, back through UMiCon and fusion.

Of every cell the product of what the lesion finder read there and the logit's gradient by it is
what the cell adds to the logit, to first order (HiResCAM, arXiv 2011.08891). Its size counts, not
its sign: a cell that speaks for 3 decides as much as one that speaks for 4.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from mammovlm.model.heads import SUSPICION
from mammovlm.model.lesion_finder import CellFindings, DecisiveCells
from mammovlm.model.parts import JointParts
from mammovlm.model.umicon import ExpertAdapter, FinderMap

_AROUND = 3
"""Cells down and across over which the activation is averaged: a single cell's is noise."""
_FAINTEST = 1e-12


def decisive_cells(
    joint: JointParts, expert: str, views: Sequence[FinderMap], texts: Tensor
) -> tuple[DecisiveCells, ...]:
    """Tell what was found in each view, and what of it the 3/4 logit rests on.

    Parameters
    ----------
    joint
        Trained; without a 3/4 head the finder's own evidence stays.
    expert
        The one that saw the views.
    views
        What its finder read, one image each.
    texts
        Of the text branch, (views, C).

    Returns
    -------
    tuple of DecisiveCells
        On the processor, float32; see `decisive`.
    """
    rows = texts.split(1)[: len(views)]
    return tuple(
        _on_processor(_decisive_cells(joint, joint.umicon.adapter(expert), seen, text))
        for seen, text in zip(views, rows, strict=True)
    )


def _decisive_cells(
    joint: JointParts, adapter: ExpertAdapter, seen: FinderMap, text: Tensor
) -> DecisiveCells:
    found = adapter.sum_up(seen)[1]
    if SUSPICION not in joint.heads:
        return DecisiveCells(found, found.evidence)
    head = joint.heads[SUSPICION].main

    def logit(vectors: Tensor) -> Tensor:
        given: Tensor = head(joint.fusion(joint.umicon(vectors), text))
        return given

    return decisive(found, class_activation(seen, adapter, logit))


def class_activation(
    seen: FinderMap, adapter: ExpertAdapter, logit: Callable[[Tensor], Tensor]
) -> Tensor:
    """Tell how much every cell changes a logit.

    Parameters
    ----------
    seen
        What the routed expert's finder read.
    adapter
        Of that expert.
    logit
        From the adapter's vectors to one logit an image: UMiCon, fusion with the text, head.

    Returns
    -------
    Tensor
        Logits, 0 or higher, (images, rows, columns) of the finder's cells; 0 outside the breast.
    """
    with torch.enable_grad():
        hidden = seen.hidden.detach().requires_grad_()
        vectors, found = adapter.sum_up(replace(seen, hidden=hidden))
        (gradient,) = torch.autograd.grad(logit(vectors).sum(), hidden)
    inside = found.is_breast
    changed = (gradient * hidden.detach()).sum(1).abs() * inside
    return functional.avg_pool2d(changed[:, None], _AROUND, 1, _AROUND // 2)[:, 0] * inside


def decisive(found: CellFindings, activation: Tensor) -> DecisiveCells:
    """Put the class activation beside the finder's evidence, on the same scale.

    The finder's summary weighs cells by the exponential of their evidence, so the logarithm of the
    activation is its like. It is shifted until the highest cell has the finder's own evidence
    there: how sure the finder is decides whether anything is marked, what the logit rests on
    decides where.

    Parameters
    ----------
    found
        Of one or more images.
    activation
        From `class_activation`.
    """
    around = functional.max_pool2d(found.evidence[:, None], _AROUND, 1, _AROUND // 2)[:, 0]
    highest = activation.flatten(1).argmax(1, keepdim=True)
    level = around.flatten(1).gather(1, highest) - _log(activation).flatten(1).gather(1, highest)
    weight = level[:, :, None] + _log(activation)
    return DecisiveCells(found, weight.where(found.is_breast, found.evidence))


def _log(activation: Tensor) -> Tensor:
    return activation.clamp_min(_FAINTEST).log()


def _on_processor(cells: DecisiveCells) -> DecisiveCells:
    found = cells.found
    return DecisiveCells(
        CellFindings(
            found.evidence.float().cpu(), found.suspicion.float().cpu(), found.kinds.float().cpu()
        ),
        cells.weight.float().cpu(),
    )
