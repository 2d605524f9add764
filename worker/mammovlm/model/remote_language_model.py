"""A language model on the site's own server in place of one in this process.

Only facts leave the worker: sides, density, score ranges and missing views, in words; no name, no
identifier, no date, no image. With prompt embeddings the views go along as soft tokens, as in the
paper; else the server's model words findings that it has not seen. What comes back is checked like
any other wording.
"""

import base64
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import torch
from torch import Tensor

from mammovlm.errors import LanguageModelUnavailable, WeightsUnusable
from mammovlm.findings import ModelPart
from mammovlm.model.language_model import MAX_NEW_TOKENS, PART
from mammovlm.model.language_model_base import WordEmbeddings, word_embeddings_from
from mammovlm.model.language_model_server import LanguageModelServer
from mammovlm.model.language_model_tuning import tuning_from_tensors
from mammovlm.model.soft_prefix import Lift, lift_from, prompt_tokens, spliced
from mammovlm.model.weights import WeightsFolder
from mammovlm.model.write_request import WriteRequest
from mammovlm.settings import Settings

AT_ONCE: Final = 8
"""Requests under way together; the server makes batches of them itself."""
EXAMPLES: Final = 3
"""Wordings of the same facts that a model is shown: it was not tuned to ours."""
NOT_TUNED_HERE: Final = "what its publisher says; not tuned by this project"

_TASK: Final = (
    "You put facts from a mammography report into plain words for the patient. Say exactly the "
    "facts below, each once, and nothing else: no advice, no comfort, no diagnosis, no number. "
    "Every sentence must be one of the examples, or put together from their phrases. Answer with "
    "the text alone."
)


class LanguageModel(Protocol):
    """What words facts, in this process or on a server."""

    @property
    def part(self) -> ModelPart:
        """Identity, for the report."""

    def write(self, request: WriteRequest) -> str:
        """Word the facts of one study."""

    def write_together(self, requests: Sequence[WriteRequest]) -> list[str]:
        """Word the facts of several studies."""

    def first_word_share(
        self, request: WriteRequest, words: tuple[Sequence[str], Sequence[str]]
    ) -> float | None:
        """Tell how much likelier an answer begins with some words than with others."""


@dataclass(frozen=True)
class RemotePrefix:
    """What puts embeddings into the prompt of a model elsewhere.

    Parameters
    ----------
    words
        Tokenizer and word embeddings of the model that the server runs.
    lift
        From embeddings to soft tokens, tuned for that model.
    """

    words: WordEmbeddings
    lift: Lift


class RemoteLanguageModel:
    """A language model on a server.

    Parameters
    ----------
    part
        Identity, for the report.
    server
        Where it runs.
    prefix
        None: the findings go into the prompt, and the views do not.

    Attributes
    ----------
    part : ModelPart
        Identity, for the report.
    """

    def __init__(
        self, part: ModelPart, server: LanguageModelServer, prefix: RemotePrefix | None = None
    ) -> None:
        self.part = part
        self._server = server
        self._prefix = prefix

    def write(self, request: WriteRequest) -> str:
        """Word the facts of one study.

        Raises
        ------
        LanguageModelUnavailable
            Where the server is away, refuses, is too slow or answers nonsense.
        """
        return self._asked(request)

    def write_together(self, requests: Sequence[WriteRequest]) -> list[str]:
        """Word the facts of several studies; "" for each that the server did not answer.

        Raises
        ------
        LanguageModelUnavailable
            Where it answered none.
        """
        with ThreadPoolExecutor(AT_ONCE) as pool:
            asked = [pool.submit(self._asked, request) for request in requests]
        failures = [each.exception() for each in asked]
        if asked and all(failures):
            asked[0].result()
        for failure in failures:
            if failure is not None and not isinstance(failure, LanguageModelUnavailable):
                raise failure
        return [
            "" if failure else each.result() for each, failure in zip(asked, failures, strict=True)
        ]

    def first_word_share(
        self, request: WriteRequest, words: tuple[Sequence[str], Sequence[str]]
    ) -> float | None:
        """Give none: a server's answer comes without the probabilities that this needs."""
        del request, words
        return None

    def _asked(self, request: WriteRequest) -> str:
        if self._prefix is not None:
            inputs = _embedded(self._prefix, request)
            return self._server.complete_embedded(encoded(inputs), MAX_NEW_TOKENS).strip()
        messages = [
            {"role": "system", "content": _TASK},
            {"role": "user", "content": _facts_and_examples(request)},
        ]
        return self._server.chat(messages, MAX_NEW_TOKENS).strip()


def _facts_and_examples(request: WriteRequest) -> str:
    examples = list(dict.fromkeys(request.likely))[:EXAMPLES]
    told = [f"Example {number}: {text}" for number, text in enumerate(examples, start=1)]
    return "\n".join([f"Facts: {request.prompt}", *told])


@torch.inference_mode()
def _embedded(prefix: RemotePrefix, request: WriteRequest) -> Tensor:
    """Embed a prompt with its soft tokens, (length, hidden)."""
    words, lift = prefix.words, prefix.lift
    numbers = prompt_tokens(words.tokenizer, request.prompt, request.slots, lift.tokens)
    lifted = lift(torch.from_numpy(request.embeddings))
    return spliced(words.embedding, torch.tensor([numbers]), lifted)[0]


def encoded(tensor: Tensor) -> str:
    """Write a tensor as vLLM reads it: PyTorch's own format in base64."""
    buffer = io.BytesIO()
    torch.save(tensor.contiguous().clone(), buffer)
    return base64.b64encode(buffer.getvalue()).decode()


def remote_language_model(settings: Settings, folder: WeightsFolder) -> RemoteLanguageModel:
    """Set up the language model that the settings name; the server is not asked yet.

    Parameters
    ----------
    settings
        With language_model_url.
    folder
        Weights with their card. Prompt embeddings need the tuned part there and, in the folder of
        that name, the model that the server runs, of which the word embeddings are loaded.

    Raises
    ------
    WeightsUnusable
        Where prompt embeddings are wanted and their weights are missing or of another model.
    """
    server, name = LanguageModelServer.from_settings(settings), settings.language_model_name
    if not settings.language_model_prompt_embeddings:
        told = f"{name} on the site's server, findings in the prompt, images not seen"
        return RemoteLanguageModel(ModelPart("language model", told, None, NOT_TUNED_HERE), server)
    if not folder.has(PART):
        raise WeightsUnusable(
            "MAMMOVLM_LANGUAGE_MODEL_PROMPT_EMBEDDINGS needs tuned weights (language_model in "
            "card.json): without them the images cannot be put before a language model."
        )
    card = folder.card.parts[PART]
    told = f"{name} on the site's server, findings and prompt embeddings of the views"
    part = ModelPart("language model", told, card.sha256, card.trained_on)
    return RemoteLanguageModel(part, server, _prefix(folder, folder.folder / PART))


def _prefix(folder: WeightsFolder, base: Path) -> RemotePrefix:
    tuning = tuning_from_tensors(folder.tensors(PART))
    words = word_embeddings_from(base)
    if tuning.base_sha256 != words.sha256:
        raise WeightsUnusable(
            f"The soft prefix was tuned for another model (SHA-256 {tuning.base_sha256[:12]}…, "
            f"found {words.sha256[:12]}…)."
        )
    hidden = words.embedding.embedding_dim
    return RemotePrefix(words, lift_from(tuning.lift_weight, tuning.lift_bias, hidden))
