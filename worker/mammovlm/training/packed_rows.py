"""Rows of float32 as text, so that a line of JSON can hold what a network gave."""

import base64

import torch
from torch import Tensor


def packed(rows: Tensor) -> str:
    """Give a matrix (rows, columns) as base64 of little-endian float32."""
    numbers = rows.detach().cpu().numpy().astype("<f4")
    return base64.b64encode(numbers.tobytes()).decode("ascii")


def unpacked(text: str, rows: int) -> Tensor:
    """Give back what `packed` took, (rows, columns).

    Raises
    ------
    ValueError
        Where the text does not hold so many rows.
    """
    content = bytearray(base64.b64decode(text, validate=True))
    return torch.frombuffer(content, dtype=torch.float32).clone().view(rows, -1)
