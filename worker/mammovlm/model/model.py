"""What the pipeline needs of a model, wherever it runs."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mammovlm.findings import Algorithm
from mammovlm.model.model_output import ModelOutput
from mammovlm.study import Slot, Study


class Model(Protocol):
    """MammoVLM, in this process or in another."""

    @property
    def algorithm(self) -> Algorithm:
        """Who this is: parts, hashes, version."""

    def assess(self, study: Study) -> ModelOutput:
        """Assess one study; the same images and weights give the same numbers.

        Parameters
        ----------
        study
            At least one view. Missing views are no error: what is there is assessed.
        """

    def write(
        self,
        prompt: str,
        embeddings: npt.NDArray[np.float32],
        slots: Sequence[Slot],
        likely: Sequence[str] = (),
    ) -> str:
        """Word an answer with the language model.

        Parameters
        ----------
        prompt
            The facts and the question.
        embeddings
            Of `assess`, (views, 128).
        slots
            The views' slots, row by row.
        likely
            Texts that the answer may follow in places; only for speed.

        Returns
        -------
        str
            Empty where the language model has no tuned weights: untuned it is never shown. Empty
            too where UMiCon is untrained and the embeddings mean nothing.
        """
