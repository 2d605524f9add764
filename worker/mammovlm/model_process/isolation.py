"""A batch in which one study may fail: the others get their results as if they had been alone."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from mammovlm.errors import LanguageModelUnavailable, ModelFailed, name_and_place

_log = logging.getLogger(__name__)

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def isolated(
    run: Callable[[Sequence[Asked]], Sequence[Answer]], asked: Sequence[Asked]
) -> list[Answer | ModelFailed | LanguageModelUnavailable]:
    """Run a batch; where that fails, run it in smaller pieces until only the guilty ones fail.

    Parameters
    ----------
    run
        Gives one answer for each that was asked, in their order.
    asked
        The batch.

    Returns
    -------
    list
        The answers, and `ModelFailed` in place of those that failed alone as well. Where memory
        did not suffice the batch is halved, after any other error each runs alone. A language
        model on another machine that is away is away for all of them.
    """
    if not asked:
        return []
    failure = _attempt(run, asked)
    if not isinstance(failure, ModelFailed):
        return list(failure)
    if len(asked) == 1:
        _log.error("%s", failure)
        return [failure]
    _log.warning("a batch of %d failed and runs in smaller ones: %s", len(asked), failure.detail)
    size = (len(asked) + 1) // 2 if failure.is_memory else 1
    pieces = [asked[start : start + size] for start in range(0, len(asked), size)]
    return [answer for piece in pieces for answer in isolated(run, piece)]


def _attempt(
    run: Callable[[Sequence[Asked]], Sequence[Answer]], asked: Sequence[Asked]
) -> Sequence[Answer | LanguageModelUnavailable] | ModelFailed:
    try:
        return run(asked)
    except LanguageModelUnavailable as away:
        return [away] * len(asked)
    except (torch.OutOfMemoryError, MemoryError) as error:
        failure = ModelFailed(name_and_place(error), is_memory=True)
    except Exception as error:  # noqa: BLE001  the fence between studies: whatever one brings
        failure = ModelFailed(name_and_place(error))
    # Here the error's frames are gone, and with them the tensors that they held.
    if failure.is_memory and torch.cuda.is_available():
        torch.cuda.empty_cache()
    return failure
