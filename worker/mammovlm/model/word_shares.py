"""How sure a language model is of the first word of its answer (paper 5.4; four-systems A20)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from mammovlm.model.torchvision_operators import declare_missing_operators

declare_missing_operators()

from transformers import PreTrainedModel, PreTrainedTokenizerBase  # noqa: E402 - after the guard


def share_of_first_words(
    causal_lm: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    inputs: Tensor,
    words: tuple[Sequence[str], Sequence[str]],
) -> float:
    """Give P(one of the first words) / P(one of either), 0..1.

    Parameters
    ----------
    causal_lm, tokenizer
        Of transformers.
    inputs
        The embedded prompt, (1, length, hidden).
    words
        Two lists; of each word only the first token counts.
    """
    logits = causal_lm(inputs_embeds=inputs).logits[0, -1].float()
    one, other = (
        torch.logsumexp(logits[sorted(_beginnings(tokenizer, each))], dim=0) for each in words
    )
    return float(torch.sigmoid(one - other))


def _beginnings(tokenizer: PreTrainedTokenizerBase, words: Sequence[str]) -> set[int]:
    """Give the first token of every word."""
    return {int(tokenizer(word, add_special_tokens=False)["input_ids"][0]) for word in words}
