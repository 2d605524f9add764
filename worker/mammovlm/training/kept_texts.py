"""What a language model wrote, kept by prompt, views and weights: a later run asks for no more.

Decoding is greedy, so the same input gives the same words.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from mammovlm.model.language_model import MAX_SECONDS
from mammovlm.model.write_request import Write, WriteRequest
from mammovlm.training.json_lines import JsonLines


@dataclass(frozen=True)
class KeptText:
    """One text; ``key`` is a hash of what was given, ``seconds`` how long it took."""

    key: str
    text: str
    seconds: float


class KeptTexts:
    """A language model that remembers.

    Parameters
    ----------
    write
        The language model.
    path
        One line a text; see `JsonLines`.
    device_uid
        Of the weights.
    longest
        Seconds after which the language model cuts a text off; such a text tells of a busy machine
        and is not kept.

    Attributes
    ----------
    seconds : list of float
        Of every text that was asked for, whenever it was written.
    cut : int
        Texts that were cut off.
    """

    def __init__(
        self, write: Write, path: Path, device_uid: str, longest: float = MAX_SECONDS
    ) -> None:
        self._write, self._device_uid, self._longest = write, device_uid, longest
        self._lines = JsonLines(path, KeptText)
        self._known = {kept.key: kept for kept in self._lines.read()}
        self.seconds: list[float] = []
        self.cut = 0

    def __call__(self, request: WriteRequest) -> str:
        """Word a prompt, or give what was worded before."""
        slots = " ".join(map(str, request.slots))
        told = f"{self._device_uid}\0{request.prompt}\0{slots}\0".encode()
        numbers = np.ascontiguousarray(request.embeddings, "<f4").tobytes()
        key = hashlib.sha256(told + numbers).hexdigest()
        if key not in self._known:
            start = perf_counter()
            text = self._write(request)
            self._keep(KeptText(key, text, round(perf_counter() - start, 3)))
        self.seconds.append(self._known[key].seconds)
        return self._known[key].text

    def _keep(self, kept: KeptText) -> None:
        self._known[kept.key] = kept
        if kept.seconds >= self._longest:
            self.cut += 1
        else:
            self._lines.append(kept)
