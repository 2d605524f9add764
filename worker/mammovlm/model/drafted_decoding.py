"""Greedy decoding with drafts: the same words, several tokens for the price of one.

A language model of this size spends its time reading its weights, once for every token. Where texts
are at hand that the answer will mostly follow, the next tokens can be guessed from them and checked
all at once; what the model would not have said itself is thrown away (speculative decoding with
look-up drafts, Leviathan et al. 2023, section 2.3, greedy case). In float32 the words are those of
plain greedy decoding; in bfloat16 a near tie between two words can fall either way.
"""

from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Any, Final

import torch
from torch import Tensor

from mammovlm.model.torchvision_operators import declare_missing_operators

declare_missing_operators()

from transformers import DynamicCache, PreTrainedModel  # noqa: E402 - after the guard

DRAFT_TOKENS: Final = 10
"""Longest guess; longer ones cost more to check than they bring (measured on `compact`)."""
_CONTEXTS: Final = (4, 3, 2, 1)


class Drafts:
    """Guesses how a text goes on, from texts that it may follow.

    Parameters
    ----------
    texts
        Token numbers of each text, the end token included. Where several go on differently after
        the same tokens, the first is believed.
    """

    def __init__(self, texts: Iterable[Sequence[int]]) -> None:
        self._goes_on: dict[tuple[int, ...], list[int]] = {}
        for text in texts:
            for size in _CONTEXTS:
                for end in range(size, len(text)):
                    context = tuple(text[end - size : end])
                    self._goes_on.setdefault(context, list(text[end : end + DRAFT_TOKENS]))

    def __bool__(self) -> bool:
        """Tell whether there is anything to guess from."""
        return bool(self._goes_on)

    def after(self, tokens: Sequence[int]) -> list[int]:
        """Guess the next tokens by the longest known run of the last ones.

        Returns
        -------
        list of int
            At most `DRAFT_TOKENS`; empty where even the last token is in no text.
        """
        contexts = (tuple(tokens[-size:]) for size in _CONTEXTS if size <= len(tokens))
        return next((self._goes_on[each] for each in contexts if each in self._goes_on), [])


@torch.inference_mode()
def decode(
    causal_lm: PreTrainedModel,
    inputs: Tensor,
    drafts: Drafts,
    *,
    end: int,
    longest: int,
    seconds: float,
) -> list[int]:
    """Let the language model answer, always with the most probable token.

    Parameters
    ----------
    causal_lm
        Any causal model of transformers.
    inputs
        The embedded prompt, (1, length, hidden).
    drafts
        What the answer may follow; an empty one gives plain decoding.
    end
        Token number that ends an answer.
    longest
        Tokens after which it is cut off.
    seconds
        After this long no further step is begun.

    Returns
    -------
    list of int
        Token numbers of the answer without the end token.
    """
    model: Any = causal_lm
    cache = DynamicCache(config=causal_lm.config)
    started = monotonic()
    given = model(inputs_embeds=inputs, past_key_values=cache, use_cache=True, logits_to_keep=1)
    answer = _most_probable(given.logits)
    while end not in answer and len(answer) < longest and monotonic() - started < seconds:
        draft = drafts.after(answer)
        asked = torch.tensor([[answer[-1], *draft]], device=inputs.device)
        given = model(input_ids=asked, past_key_values=cache, use_cache=True)
        said = _most_probable(given.logits)
        right = agreed(draft, said)
        if right < len(draft):
            cache.crop(right - len(draft))
        answer += said[: right + 1]
    return answer[: answer.index(end) if end in answer else longest]


def _most_probable(logits: Tensor) -> list[int]:
    return [int(token) for token in logits[0].argmax(dim=-1)]


def agreed(draft: Sequence[int], said: Sequence[int]) -> int:
    """Tell how many drafted tokens the model would have said itself."""
    pairs = zip(draft, said, strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), len(draft))
