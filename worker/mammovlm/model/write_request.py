"""What a language model is asked to word: one prompt, with the views of one study behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

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
