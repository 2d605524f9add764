"""What a language model is asked to word: one prompt, with the views of one study behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mammovlm.study import Slot


@dataclass(frozen=True)
class WriteRequest:
    """One text to write.

    Parameters
    ----------
    prompt
        The facts and what to do with them.
    embeddings
        UMiCon's, float32, (views, 128).
    slots
        The views, row by row.
    likely
        Texts that the wording may follow in places; only for speed.
    """

    prompt: str
    embeddings: npt.NDArray[np.float32] = field(repr=False, compare=False)
    slots: Sequence[Slot]
    likely: Sequence[str] = ()


Write = Callable[[WriteRequest], str]
"""What a language model's `write` is."""


class WriteAboutViews(Protocol):
    """A language model, with the views of one study behind it."""

    def __call__(self, prompt: str, *, likely: Sequence[str]) -> str:
        """Word a prompt; for ``likely`` see `WriteRequest`."""


def about_views(
    write: Write, embeddings: npt.NDArray[np.float32], slots: Sequence[Slot]
) -> WriteAboutViews:
    """Put the views of one study behind a language model; parameters as of `WriteRequest`."""

    def write_about_views(prompt: str, *, likely: Sequence[str]) -> str:
        return write(WriteRequest(prompt, embeddings, slots, likely))

    return write_about_views
