"""A score for malignancy out of the language model's own mouth: yes or no (paper 5.4).

Four-systems A20: the share of "yes" among "yes" and "no" as the first token of the answer, the
mean over a few ways to ask. The images are all it is given; the facts would answer for it. For
comparison with other generative models only: the findings' likelihoods come from trained heads,
and no report shows this number.
"""

from collections.abc import Sequence
from statistics import mean
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from mammovlm.model.write_request import WriteRequest
from mammovlm.study import Slot

QUESTIONS: Final = (
    "Do these mammograms show a sign of breast cancer? Answer yes or no.",
    "Is there something malignant in these images? Answer yes or no.",
    "Would a radiologist suspect breast cancer in these views? Answer yes or no.",
)
"""The mean over several lowers the luck of one wording."""
YES: Final = ("Yes", "yes", " Yes", " yes")
NO: Final = ("No", "no", " No", " no")


class FirstWordShare(Protocol):
    """A language model's `first_word_share`."""

    def __call__(
        self, request: WriteRequest, words: tuple[Sequence[str], Sequence[str]], /
    ) -> float | None:
        """Give the share of the first words, 0..1; None where there is no tuned model."""


def zero_shot_malignancy(
    ask: FirstWordShare, embeddings: npt.NDArray[np.float32], slots: Sequence[Slot]
) -> float | None:
    """Ask a language model whether a study shows cancer, and grade how sure it begins.

    Parameters
    ----------
    ask
        The language model.
    embeddings, slots
        UMiCon's embeddings, float32, (views, 128), and what each row shows.

    Returns
    -------
    float or None
        0..1; None where the language model is untuned.
    """
    asked = [WriteRequest(question, embeddings, slots) for question in QUESTIONS]
    shares = [ask(request, (YES, NO)) for request in asked]
    told = [share for share in shares if share is not None]
    return mean(told) if len(told) == len(QUESTIONS) else None
