"""Question and answer pairs of random tokens, to try stage S3 with."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from mammovlm.model.soft_prefix import SOFT
from mammovlm.study import HANGING_ORDER
from mammovlm.training.explanation_batches import IGNORED, Batch
from mammovlm.training.explanation_pairs import Stage


@dataclass(frozen=True)
class RandomPairs:
    """Noise of a report's length: for shapes, memory and time, never for weights that are kept.

    Parameters
    ----------
    vocabulary
        Of the language model.
    prompt, answer
        Tokens of a question with its facts, the views' included, and of an answer; one answer in
        two is half as long.
    size
        Of a view's embedding.
    """

    vocabulary: int
    prompt: int
    answer: int
    size: int

    def draw(
        self,
        stage: Stage,
        count: int,
        draw: random.Random,
        shares: Sequence[slice],
    ) -> list[Batch]:
        """Draw pairs; see `mammovlm.training.explanation_batches.ExplanationBatches.draw`."""
        seeds = [draw.getrandbits(40) for _ in range(count)]
        return [_joined([self._pair(seed) for seed in seeds[share]]) for share in shares]

    def _pair(self, seed: int) -> Batch:
        chance = torch.Generator().manual_seed(seed)
        numbers = torch.randint(self.vocabulary, (1, self.prompt + self.answer), generator=chance)
        labels = numbers.clone()
        labels[:, : self.prompt] = IGNORED
        if seed % 2:
            labels[:, self.prompt + self.answer // 2 :] = IGNORED
        numbers[:, : len(HANGING_ORDER)] = SOFT
        embeddings = torch.randn(len(HANGING_ORDER), self.size, generator=chance)
        return Batch(
            numbers, torch.ones_like(numbers), labels, functional.normalize(embeddings, dim=1)
        )


def _joined(pairs: Sequence[Batch]) -> Batch:
    return Batch(
        numbers=torch.cat([pair.numbers for pair in pairs]),
        attention=torch.cat([pair.attention for pair in pairs]),
        labels=torch.cat([pair.labels for pair in pairs]),
        embeddings=torch.cat([pair.embeddings for pair in pairs]),
    )
