"""The language model's share: reading the prompt, then one token after the other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch

from mammovlm.cli.model_bench.timing import Spread, timed
from mammovlm.model.decoding_together import TogetherDecoder
from mammovlm.model.drafted_decoding import DRAFT_TOKENS, Drafts, decode
from mammovlm.model.soft_prefix import word_embeddings_of
from mammovlm.model.torchvision_operators import declare_missing_operators

declare_missing_operators()

from transformers import PreTrainedModel  # noqa: E402 - after the guard

PROMPT: Final = 384
"""Tokens of a prompt with its facts, near the longest of a four-view study."""
ANSWER: Final = 150
WORKER_WIDTH: Final = 1 + DRAFT_TOKENS
"""Tokens that go into the language model at once where a worker on a GPU decodes."""
_NEVER: Final = -1
_PATIENCE: Final = 600.0


@dataclass(frozen=True)
class WordsMeasured:
    """What words cost for one batch of studies.

    Parameters
    ----------
    studies
        In the batch.
    prompt, answer
        Tokens.
    prefill
        Seconds until the first token of all.
    answered
        Seconds until all tokens of all, prefill included.
    decoding
        Seconds of the tokens after the first.
    width
        Tokens of an answer in each pass; one of them is right, the others are drafts.
    """

    studies: int
    prompt: int
    answer: int
    prefill: Spread
    answered: Spread
    decoding: Spread
    width: int = 1


def measure_words(
    causal_lm: PreTrainedModel,
    studies: int,
    repeats: int,
    *,
    prompt: int = PROMPT,
    answer: int = ANSWER,
    width: int = 1,
) -> WordsMeasured:
    """Time answers without an end, none of them with a draft that is right.

    Parameters
    ----------
    causal_lm
        Of transformers.
    studies
        Answers that are decoded together.
    prompt, answer
        Tokens.
    width
        1, as without drafts, or `WORKER_WIDTH`.
    """
    device = word_embeddings_of(causal_lm).weight.device
    run = answering(causal_lm, studies, prompt, width)
    first = timed(lambda: run(1), repeats, device)
    whole = timed(lambda: run(answer), repeats, device)
    prefill = Spread.of(first).median
    return WordsMeasured(
        studies=studies,
        prompt=prompt,
        answer=answer,
        prefill=Spread.of(first),
        answered=Spread.of(whole),
        decoding=Spread.of([seconds - prefill for seconds in whole]),
        width=width,
    )


def answering(
    causal_lm: PreTrainedModel, studies: int, prompt: int, width: int = 1
) -> Callable[[int], None]:
    """Give what answers made-up prompts with so many tokens each; parameters as above."""
    words = word_embeddings_of(causal_lm)
    device = words.weight.device
    chance = torch.Generator().manual_seed(0)
    numbers = torch.randint(words.num_embeddings, (studies, 1, prompt), generator=chance)
    with torch.inference_mode():
        prompts = [words(each.to(device)) for each in numbers]
    together = TogetherDecoder(causal_lm)
    # a draft after a token that never comes: no pass gets one, all are as wide as with one
    drafts = [Drafts([] if width == 1 else [[_NEVER, 0]])] * studies

    def run(longest: int) -> None:
        if studies == 1 and width == 1 and device.type == "cpu":  # the worker's shorter way
            decode(
                causal_lm, prompts[0], Drafts([]), end=_NEVER, longest=longest, seconds=_PATIENCE
            )
        else:
            together.decode(prompts, drafts, end=_NEVER, longest=longest, seconds=_PATIENCE)

    return run
