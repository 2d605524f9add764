"""The text encoder's tokenizer as the stages at full size take it."""

from pathlib import Path

from torch import Tensor

from mammovlm.errors import WeightsUnusable
from mammovlm.model.torchvision_operators import declare_missing_operators
from mammovlm.training.full_size.shown_exams import Tokenise

declare_missing_operators()

from transformers import PreTrainedTokenizerFast  # noqa: E402 - after the guard


def tokeniser_of(folder: Path, longest: int) -> Tokenise:
    """Read the tokenizer of a local BERT.

    Parameters
    ----------
    folder
        Holds ``tokenizer.json``.
    longest
        Tokens of a text; the rest is cut off.

    Raises
    ------
    WeightsUnusable
        Where padding is not number 0, as BERT's is.
    """
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(folder / "tokenizer.json"),
        pad_token="[PAD]",  # noqa: S106  a filler, not a secret
    )
    if tokenizer.pad_token_id != 0:
        raise WeightsUnusable(f"[PAD] of {folder.name}/tokenizer.json must be number 0, as BERT's.")

    def tokenise(texts: list[str]) -> Tensor:
        numbers: Tensor = tokenizer(
            texts, padding=True, truncation=True, max_length=longest, return_tensors="pt"
        )["input_ids"]
        return numbers

    return tokenise
