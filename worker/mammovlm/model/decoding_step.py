"""One pass of a language model over several rows at once, always of the same shape.

Token numbers, positions, mask and cache lie in tensors that stay where they are. So a CUDA device
can record the pass once as a graph and replay it (PyTorch, "CUDA Graphs"); where that fails, and on
a processor, the same pass runs as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mammovlm.model.graph_recording import GraphRecorder, RecordedPass
from mammovlm.model.torchvision_operators import declare_missing_operators

declare_missing_operators()

from transformers import PreTrainedModel, StaticCache  # noqa: E402 - after the guard


@dataclass(frozen=True)
class StepShape:
    """Sizes of the tensors.

    Parameters
    ----------
    rows
        Prompts, those that fill up included.
    prompt
        Tokens of a prompt with its padding.
    width
        Tokens of a row that go in at once: the last one and its drafts.
    capacity
        Tokens of the cache.
    """

    rows: int
    prompt: int
    width: int
    capacity: int


class DecodingStep:
    """A language model with a cache of fixed size.

    Parameters
    ----------
    causal_lm
        A causal model of transformers.
    shape
        Sizes.
    recorder
        Records the pass, where it is to be replayed as a graph.
    """

    def __init__(
        self, causal_lm: PreTrainedModel, shape: StepShape, recorder: GraphRecorder
    ) -> None:
        self._model: Any = causal_lm
        self._shape = shape
        device = self._model.device
        rows, width, capacity = shape.rows, shape.width, shape.capacity
        self._tokens = torch.zeros(rows, width, dtype=torch.long, device=device)
        self._positions = torch.zeros_like(self._tokens)
        self._mask = torch.zeros(rows, 1, width, capacity, dtype=torch.bool, device=device)
        self._place = torch.zeros((), dtype=torch.long, device=device)
        self._cache: Any = StaticCache(config=causal_lm.config, max_cache_len=capacity)
        self._seen = torch.zeros(rows, capacity, dtype=torch.bool)
        self._written = 0
        self._recorder = recorder
        self._recorded: RecordedPass | None = None

    @property
    def room(self) -> int:
        """Tokens that the cache can still take."""
        return self._shape.capacity - self._written

    def begin(self, prompts: Sequence[Tensor]) -> list[int]:
        """Read prompts, (1, length, hidden) each, and give the first token of each answer."""
        shape = self._shape
        filled = [*prompts, *[prompts[0]] * (shape.rows - len(prompts))]
        hidden = prompts[0].shape[2]
        inputs = prompts[0].new_zeros(shape.rows, shape.prompt, hidden)
        self._seen.zero_()
        for row, prompt in enumerate(filled):
            inputs[row, shape.prompt - prompt.shape[1] :] = prompt[0]
            self._seen[row, shape.prompt - prompt.shape[1] : shape.prompt] = True
        positions = (self._seen[:, : shape.prompt].cumsum(1) - 1).clamp(min=0)
        self._write_from(self._place.zero_())
        given = self._most_probable(
            inputs_embeds=inputs,
            position_ids=positions.to(inputs.device),
            attention_mask=self._prompt_mask().to(inputs.device),
            logits_to_keep=1,
        )
        self._written = shape.prompt
        return [int(token) for token in given[: len(prompts), 0]]

    def run(self, asked: Sequence[Sequence[int]], positions: Sequence[int]) -> list[list[int]]:
        """Give the most probable token after each token that is asked.

        Parameters
        ----------
        asked
            Token numbers of each row, the last of its answer first; at most ``width``.
        positions
            Of the first of them in its row's text.
        """
        shape = self._shape
        tokens = torch.zeros(shape.rows, shape.width, dtype=torch.long)
        first = torch.zeros(shape.rows, 1, dtype=torch.long)
        for row, (numbers, position) in enumerate(zip(asked, positions, strict=True)):
            tokens[row, : len(numbers)] = torch.tensor(numbers)
            first[row] = position
        self._tokens.copy_(tokens)
        self._positions.copy_(first + torch.arange(shape.width))
        self._mask.copy_(self._step_mask())
        self._place.fill_(self._written)
        said = self._replayed()[: len(asked)].tolist()
        return [list(each[: len(numbers)]) for each, numbers in zip(said, asked, strict=True)]

    def keep(self, counts: Sequence[int]) -> None:
        """Keep the first tokens of the last pass, so many in each row; forget the others."""
        for row, count in enumerate(counts):
            self._seen[row, self._written : self._written + count] = True
        self._written += max(counts)

    def _prompt_mask(self) -> Tensor:
        """Who sees whom in the prompts; padding sees itself, for nothing at all makes no number."""
        size, capacity = self._shape.prompt, self._shape.capacity
        places = torch.arange(size)[:, None], torch.arange(capacity)[None]
        seen = self._seen[:, None, None, :] & (places[1] <= places[0])
        return seen | (places[1] == places[0])

    def _step_mask(self) -> Tensor:
        """Each token sees what its row has kept, itself, and the drafts before it."""
        shape = self._shape
        now = torch.arange(shape.capacity)[None] - self._written
        fresh = (now >= 0) & (now <= torch.arange(shape.width)[:, None])
        return self._seen[:, None, None, :] | fresh

    def _replayed(self) -> Tensor:
        """Run the pass, by its graph where there is one."""
        if self._recorded is None and self._recorder.is_wanted:
            self._recorded = self._recorder.record(self._pass, self._model.device)
        return self._pass() if self._recorded is None else self._recorded.replay()

    def _pass(self) -> Tensor:
        self._write_from(self._place)
        return self._most_probable(
            input_ids=self._tokens, position_ids=self._positions, attention_mask=self._mask
        )

    def _write_from(self, place: Tensor) -> None:
        """Let every layer of the cache write from a place on."""
        for layer in self._cache.layers:
            layer.cumulative_length.copy_(place)

    def _most_probable(self, **given: Tensor | int) -> Tensor:
        logits = self._model(past_key_values=self._cache, use_cache=True, **given).logits
        most_probable: Tensor = logits.argmax(dim=-1)
        return most_probable
