"""Watches stage S1 at full size for an embedding that goes constant (four-systems A2)."""

from collections import deque
from collections.abc import Callable
from typing import Final

from mammovlm.training.umicon_pretraining import SPREAD_ALARM

_WINDOW: Final = 20
"""Steps whose mean is looked at: a batch of twelve patients alone says little."""


class SpreadAlarm:
    """Says once that different patients have come to lie together.

    Parameters
    ----------
    steps
        Of the stage. Nothing is said in the first tenth of them: random weights begin close.
    told
        Who is told, in a sentence.
    """

    def __init__(self, steps: int, told: Callable[[str], None]) -> None:
        self._steps, self._told = steps, told
        self._last = deque[float](maxlen=_WINDOW)
        self.raised = False

    def note(self, step: int, spread: float) -> None:
        """Take the mean distance between the patients of a step's batch, counted from 1."""
        self._last.append(spread)
        begun = step >= self._steps / 10 and len(self._last) == _WINDOW
        mean = sum(self._last) / len(self._last)
        if self.raised or not (begun or step == self._steps) or mean >= SPREAD_ALARM:
            return
        self.raised = True
        self._told(
            f"Embeddings of different patients lie {mean:.2f} apart at step {step}, less than "
            f"{SPREAD_ALARM}: the map goes constant. Train with --mode negatives."
        )
