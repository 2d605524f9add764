"""Fusion of image and text: concatenation and layer normalisation, no attention (paper 3.2.4)."""

import torch
from torch import Tensor, nn


class Fusion(nn.Module):
    """Stack the two embeddings, flatten, normalise (four-systems A5).

    Parameters
    ----------
    size
        C, the size of one embedding.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(2 * size)

    def forward(self, image: Tensor, text: Tensor) -> Tensor:
        """Fuse embeddings of shape (batch, C) each to (batch, 2C)."""
        stacked = torch.stack([image, text], dim=1)
        fused: Tensor = self.norm(stacked.flatten(start_dim=1))
        return fused
