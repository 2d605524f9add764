"""A run that is repeated encodes no text again, and gets the very numbers it had."""

from collections.abc import Sequence
from pathlib import Path

import torch

from mammovlm.training.kept_encodings import KeptEncoder


class Counting:
    """Encodes a text by its length and the longest beside it, as padding does, and counts."""

    def __init__(self) -> None:
        self.loaded = 0
        self.calls = 0

    def load(self) -> "Counting":
        self.loaded += 1
        return self

    def __call__(self, texts: Sequence[str]) -> torch.Tensor:
        self.calls += 1
        return torch.tensor([[len(text) / max(map(len, texts)), 1.0] for text in texts])


def test_the_same_texts_are_encoded_once_by_the_same_weights(tmp_path: Path) -> None:
    counting = Counting()
    first = KeptEncoder(counting.load, "a" * 64, tmp_path)(["one", "three"])
    again = KeptEncoder(counting.load, "a" * 64, tmp_path)(["one", "three"])
    assert torch.equal(first, again)
    assert (counting.loaded, counting.calls) == (1, 1)
    KeptEncoder(counting.load, "b" * 64, tmp_path)(["one", "three"])
    assert counting.calls == 2


def test_other_texts_beside_it_are_another_call(tmp_path: Path) -> None:
    counting = Counting()
    encoder = KeptEncoder(counting.load, "a" * 64, tmp_path)
    alone, together = encoder(["one"]), encoder(["one", "three"])
    assert counting.calls == 2
    assert counting.loaded == 1
    assert not torch.equal(alone[0], together[0])
