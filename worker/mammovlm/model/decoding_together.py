"""Greedy decoding of several prompts at once, with drafts, on a key-value cache of fixed size.

All prompts share one cache. They are padded on the left, and what a row must not see (padding,
rejected drafts, other rows' progress) is masked, so that each row gets the tokens that it would get
alone: in float32 exactly, in bfloat16 up to a near tie between two words. Every pass has the same
shapes, which is what lets a CUDA device replay it as a graph instead of starting a thousand kernels
one by one (see `mammovlm.model.decoding_step`).
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import torch
from torch import Tensor

from mammovlm.model.decoding_step import DecodingStep, StepShape
from mammovlm.model.drafted_decoding import DRAFT_TOKENS, Drafts, agreed
from mammovlm.model.graph_recording import GraphRecorder
from mammovlm.model.torchvision_operators import declare_missing_operators

declare_missing_operators()

from transformers import PreTrainedModel  # noqa: E402 - after the guard

KEPT_SHAPES: Final = 4
"""Caches and graphs that are kept for the next prompts of their size."""
_PROMPTS: Final = 128
"""Prompts are as long as a multiple of it: those of reports, of 54 to 92 tokens, are all alike."""
_CACHES: Final = 64
"""Caches are as long as a multiple of it, which kernels like."""


def can_decode_together(causal_lm: PreTrainedModel) -> bool:
    """Tell whether every layer of a model looks back at everything, as this decoding needs it."""
    layers = getattr(causal_lm.config, "layer_types", None) or ()
    windowed = getattr(causal_lm.config, "use_sliding_window", False)
    return not windowed and all(layer == "full_attention" for layer in layers)


@dataclass
class _Row:
    """One prompt on its way.

    Parameters
    ----------
    length
        Of the prompt.
    drafts
        What the answer may follow.
    answer
        So far, the end token included.
    """

    length: int
    drafts: Drafts
    answer: list[int]
    guess: list[int] = field(default_factory=list)
    is_done: bool = False

    def guessed(self, most: int) -> list[int]:
        """Guess what comes after the last token, at most so many tokens."""
        self.guess = self.drafts.after(self.answer)[:most] if most else []
        return [self.answer[-1], *self.guess]

    def take(self, said: Sequence[int], end: int, longest: int) -> int:
        """Take over what the model says; gives the number of tokens that stay in the cache."""
        right = agreed(self.guess, said)
        self.answer += said[: right + 1]
        self.is_done = end in self.answer or len(self.answer) >= longest
        return right + 1


class TogetherDecoder:
    """Decodes several prompts of one language model at once.

    Parameters
    ----------
    causal_lm
        A causal model of transformers of which `can_decode_together` holds.
    capture
        Whether a CUDA device may replay a pass as a graph.
    """

    def __init__(self, causal_lm: PreTrainedModel, *, capture: bool = True) -> None:
        self._causal_lm = causal_lm
        self._recorder = GraphRecorder(is_wanted=capture)
        self._steps: OrderedDict[StepShape, DecodingStep] = OrderedDict()

    @property
    def _on_gpu(self) -> bool:
        """Where the model is now: quantised weights get there after this was made."""
        return self._causal_lm.device.type == "cuda"

    @torch.inference_mode()
    def decode(
        self,
        prompts: Sequence[Tensor],
        drafts: Sequence[Drafts],
        *,
        end: int,
        longest: int,
        seconds: float,
    ) -> list[list[int]]:
        """Let the language model answer, always with the most probable token.

        Parameters
        ----------
        prompts
            Embedded, (1, length, hidden) each.
        drafts
            What each answer may follow.
        end, longest, seconds
            As of `mammovlm.model.drafted_decoding.decode`.

        Returns
        -------
        list of list of int
            Token numbers of each answer without the end token.

        Raises
        ------
        torch.OutOfMemoryError
            Where memory is full; all caches are given back, so that fewer prompts may fit then.
        """
        try:
            return self._decoded(prompts, drafts, end, longest, seconds)
        except (torch.OutOfMemoryError, MemoryError):
            self._steps.clear()
            raise

    def _decoded(
        self,
        prompts: Sequence[Tensor],
        drafts: Sequence[Drafts],
        end: int,
        longest: int,
        seconds: float,
    ) -> list[list[int]]:
        started = monotonic()
        width = 1 + (DRAFT_TOKENS if any(drafts) else 0)
        step = self._step(prompts, width, longest)
        first = step.begin(prompts)
        rows = [
            _Row(prompt.shape[1], guesses, [token], is_done=token == end or longest <= 1)
            for prompt, guesses, token in zip(prompts, drafts, first, strict=True)
        ]
        while not all(row.is_done for row in rows) and monotonic() - started < seconds:
            left = longest - min(len(row.answer) for row in rows if not row.is_done)
            most = width - 1 if step.room >= 2 * width + left else 0
            asked = [row.guessed(0 if row.is_done else most) for row in rows]
            said = step.run(asked, [row.length + len(row.answer) - 1 for row in rows])
            step.keep(
                [
                    0 if row.is_done else row.take(told, end, longest)
                    for row, told in zip(rows, said, strict=True)
                ]
            )
        return [_until(row.answer, end, longest) for row in rows]

    def _step(self, prompts: Sequence[Tensor], width: int, longest: int) -> DecodingStep:
        """Give a step of a shape that these prompts fit in; the last few are kept."""
        rows = 1 << (len(prompts) - 1).bit_length()
        most = max(prompt.shape[1] for prompt in prompts)
        prompt = _rounded_up(most, _PROMPTS)
        capacity = _rounded_up(prompt + 2 * (longest + width), _CACHES)
        shape = StepShape(rows, prompt, width, capacity)
        if shape not in self._steps:
            while len(self._steps) >= KEPT_SHAPES:
                self._steps.popitem(last=False)
            recorder = self._recorder if self._on_gpu else GraphRecorder(is_wanted=False)
            self._steps[shape] = DecodingStep(self._causal_lm, shape, recorder)
        self._steps.move_to_end(shape)
        return self._steps[shape]


def _rounded_up(tokens: int, multiple: int) -> int:
    return -(-tokens // multiple) * multiple


def _until(answer: Sequence[int], end: int, longest: int) -> list[int]:
    return list(answer[: list(answer).index(end) if end in answer else longest])
