"""What the pipeline needs of a model, wherever it runs."""

from typing import Protocol

from mammovlm.findings import Algorithm
from mammovlm.model.model_output import ModelOutput
from mammovlm.model.write_request import WriteRequest
from mammovlm.study import Study


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

    def write(self, request: WriteRequest) -> str:
        """Word an answer with the language model.

        Parameters
        ----------
        request
            The facts and the question, with the embeddings of `assess`.

        Returns
        -------
        str
            Empty where the language model has no tuned weights: untuned it is never shown. Empty
            too where UMiCon is untrained and the embeddings mean nothing.
        """
