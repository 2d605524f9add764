"""Question and answer pairs as tensors: prompt with places for soft tokens, then the answer."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from mammovlm.model.soft_prefix import SOFT, prompt_tokens
from mammovlm.training.explanation_pairs import Exam, Pair, Stage, pair_for
from mammovlm.training.question_pairs import question_pair_for
from mammovlm.words.sentences import Sentences

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED: Final = -100
_PADDING: Final = SOFT - 1
QUESTIONS: Final = 0.5
"""Share of the pairs of stage S3b that are rounds of a conversation; the others are reports."""


@dataclass(frozen=True)
class Batch:
    """Pairs as numbers.

    Parameters
    ----------
    numbers
        (pairs, length); `SOFT` where an embedding goes; padded on the right.
    attention
        (pairs, length), 1 where there is a token.
    labels
        (pairs, length), `IGNORED` but on the answer and its end.
    embeddings
        (views of all pairs, 128).
    """

    numbers: Tensor
    attention: Tensor
    labels: Tensor
    embeddings: Tensor

    def to(self, device: torch.device) -> "Batch":
        """Give the same batch on a device."""
        return Batch(
            self.numbers.to(device),
            self.attention.to(device),
            self.labels.to(device),
            self.embeddings.to(device),
        )


class ExplanationBatches:
    """Draws batches of pairs.

    Parameters
    ----------
    exams
        What the pairs are about.
    sentences
        The language.
    tokenizer
        The language model's.
    tokens
        Soft tokens per view.
    """

    def __init__(
        self,
        exams: Sequence[Exam],
        sentences: Sentences,
        tokenizer: "PreTrainedTokenizerBase",
        tokens: int,
    ) -> None:
        self._exams = exams
        self._sentences = sentences
        self._tokenizer = tokenizer
        self._tokens = tokens

    def draw(
        self,
        stage: Stage,
        count: int,
        draw: random.Random,
        shares: Sequence[slice] = (slice(None),),
    ) -> list[Batch]:
        """Draw pairs of random exams; the same state of ``draw`` gives the same pairs.

        Parameters
        ----------
        stage, count
            What they are for, and how many there are in all.
        draw
            Source of all chance.
        shares
            Which of them are wanted, each as one batch.
        """
        pairs = [self._pair(stage, draw) for _ in range(count)]
        return [batch_of(pairs[share], self._tokenizer, self._tokens) for share in shares]

    def _pair(self, stage: Stage, draw: random.Random) -> Pair:
        exam = draw.choice(self._exams)
        if stage == "S3b" and draw.random() < QUESTIONS:
            return question_pair_for(exam, self._sentences, draw).pair
        return pair_for(exam, stage, self._sentences, draw)


def batch_of(pairs: Sequence[Pair], tokenizer: "PreTrainedTokenizerBase", tokens: int) -> Batch:
    """Tokenise pairs.

    Parameters
    ----------
    pairs
        At least one.
    tokenizer
        The language model's.
    tokens
        Soft tokens per view.
    """
    numbers, labels = [], []
    for pair in pairs:
        prompt = prompt_tokens(tokenizer, pair.prompt, pair.slots, tokens)
        answer = tokenizer(pair.answer, add_special_tokens=False)["input_ids"]
        answer = [*answer, tokenizer.eos_token_id]
        numbers.append(torch.tensor(prompt + answer))
        labels.append(torch.tensor([IGNORED] * len(prompt) + answer))
    padded = pad_sequence(numbers, batch_first=True, padding_value=_PADDING)
    return Batch(
        numbers=padded,
        attention=(padded != _PADDING).long(),
        labels=pad_sequence(labels, batch_first=True, padding_value=IGNORED),
        embeddings=torch.from_numpy(np.concatenate([pair.embeddings for pair in pairs])),
    )
