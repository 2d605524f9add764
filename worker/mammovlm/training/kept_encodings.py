"""Encoded texts, computed once and kept: a run that is repeated reads no text again."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

Encode = Callable[[Sequence[str]], Tensor]
"""From texts to float32 (number of texts, width), as `mammovlm.model.text_encoder.TextEncoder`."""


class KeptEncoder:
    """A text encoder that keeps what it gave, by its own hash and all texts of a call.

    Texts that are encoded together are padded to one length, which moves the last digits: so a
    call is kept as a whole, and gives to the bit what it gave.

    Parameters
    ----------
    load
        Gives the encoder; asked only where something is to be encoded.
    sha256
        Of its weights.
    folder
        Where encodings are kept.
    """

    def __init__(self, load: Callable[[], Encode], sha256: str, folder: Path) -> None:
        self._load = load
        self._encoder: Encode | None = None
        self._home = folder / f"texts-{sha256[:12]}"
        self._sha256 = sha256

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Encode texts; see `Encode`."""
        told = json.dumps([self._sha256, *texts]).encode()
        path = self._home / f"{hashlib.sha256(told).hexdigest()[:24]}.safetensors"
        if not path.is_file():
            self._home.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part")
            save_file({"encoded": self._encoded(texts)}, unfinished)
            unfinished.replace(path)
        return load_file(path)["encoded"]

    @torch.no_grad()
    def _encoded(self, texts: Sequence[str]) -> Tensor:
        if self._encoder is None:
            self._encoder = self._load()
        return self._encoder(texts).contiguous()
