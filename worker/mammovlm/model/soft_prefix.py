"""The lift from UMiCon's space into the language model, and prompts with soft tokens in them.

Each view is one soft token behind its text tag, as in "R-MLO:" (MammoVLM paper, eq. 3; four-systems
A11 and A15). The question goes in through the language model's own tokenizer and embeddings.
"""

from collections.abc import Sequence
from typing import Final, cast

import torch
from torch import Tensor, nn

from mammovlm.model.torchvision_operators import declare_missing_operators
from mammovlm.study import Slot

declare_missing_operators()

from transformers import PreTrainedModel, PreTrainedTokenizerBase  # noqa: E402 - after the guard

SOFT: Final = -1
"""Stands in a prompt's token numbers where a lifted embedding goes."""
SYSTEM: Final = "You put facts into plain words."
"""The system message; it also keeps chat templates from adding their own."""

_PLACE: Final = "\ue000"


class Lift(nn.Module):
    """Linear map from a view's embedding to soft tokens.

    Parameters
    ----------
    size
        C, the length of an embedding; 128 in the paper (4.2).
    hidden
        Width of the language model.
    tokens
        Soft tokens per view, k.
    """

    def __init__(self, size: int, hidden: int, tokens: int = 1) -> None:
        super().__init__()
        self.tokens = tokens
        self.linear = nn.Linear(size, hidden * tokens)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Lift embeddings.

        Parameters
        ----------
        embeddings
            (views, size).

        Returns
        -------
        Tensor
            (views × tokens, hidden), the tokens of one view one after the other.
        """
        lifted: Tensor = self.linear(embeddings)
        return lifted.reshape(embeddings.shape[0] * self.tokens, -1)

    def start_from(self, word_embeddings: Tensor) -> None:
        """Start at the spread of the language model's own word embeddings.

        A soft token far larger or smaller than a word would drown it or be drowned.

        Parameters
        ----------
        word_embeddings
            (vocabulary, hidden).
        """
        nn.init.normal_(self.linear.weight, std=float(word_embeddings.detach().float().std()))
        nn.init.zeros_(self.linear.bias)


def view_tag(slot: Slot) -> str:
    """Give the text tag of a view, such as "R-MLO:" (four-systems A15)."""
    return f"{slot.laterality}-{slot.position}:"


def prompt_tokens(
    tokenizer: PreTrainedTokenizerBase, prompt: str, slots: Sequence[Slot], tokens: int
) -> list[int]:
    """Tokenise a prompt in the model's chat form, with places for the soft tokens.

    Parameters
    ----------
    tokenizer
        With a chat template.
    prompt
        What is asked.
    slots
        One per view.
    tokens
        Soft tokens per view.

    Returns
    -------
    list of int
        Token numbers; `SOFT` where a lifted embedding goes, ``len(slots) * tokens`` times.
    """
    views = " ".join(f"{view_tag(slot)}{_PLACE}" for slot in slots)
    messages = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": f"{views}\n{prompt.replace(_PLACE, '')}"},
    ]
    text = str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
    first, *rest = (
        tokenizer(piece, add_special_tokens=False)["input_ids"] for piece in text.split(_PLACE)
    )
    numbers = list(first)
    for piece in rest:
        numbers += [SOFT] * tokens + piece
    return numbers


def word_embeddings_of(causal_lm: PreTrainedModel) -> nn.Embedding:
    """Give a language model's input embedding layer, (vocabulary, hidden)."""
    return cast("nn.Embedding", causal_lm.get_input_embeddings())


def spliced(word_embeddings: nn.Module, numbers: Tensor, lifted: Tensor) -> Tensor:
    """Embed token numbers and put the lifted embeddings in their places.

    Parameters
    ----------
    word_embeddings
        The language model's input embedding layer.
    numbers
        (batch, length), with `SOFT` in it.
    lifted
        (soft tokens of the whole batch in reading order, hidden).

    Returns
    -------
    Tensor
        (batch, length, hidden); gradients flow into ``lifted``.

    Raises
    ------
    ValueError
        If there are more or fewer places than lifted embeddings.
    """
    places = numbers == SOFT
    if int(places.sum()) != lifted.shape[0]:
        raise ValueError(
            f"The prompt has {int(places.sum())} places for {lifted.shape[0]} soft tokens."
        )
    embedded: Tensor = word_embeddings(numbers.clamp(min=0))
    return embedded.masked_scatter(places.unsqueeze(-1), lifted.to(embedded.dtype))


def lift_from(weight: Tensor, bias: Tensor, hidden: int) -> Lift:
    """Make a lift of trained weights.

    Parameters
    ----------
    weight, bias
        (hidden × tokens, size) and (hidden × tokens,).
    hidden
        Width of the language model.
    """
    lift = Lift(weight.shape[1], hidden, weight.shape[0] // hidden)
    with torch.no_grad():
        lift.linear.weight.copy_(weight)
        lift.linear.bias.copy_(bias)
    return lift
