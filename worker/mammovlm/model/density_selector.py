"""The density selector: BI-RADS density A–D of one image (paper 3.1), which also routes it."""

import torch
from torch import Tensor, nn

from mammovlm.model.encoders import FeatureMaps
from mammovlm.model.pooling import breast_share, mean_and_spread


class DensityHead(nn.Module):
    """From pooled early and middle features to four logits, on one ordered scale.

    Density is ordered, so the logits are those of the adjacent-category model:
    ``logit_k = k × score + bias_k`` with one score. One direction needs far fewer labelled women
    than four, and a direction learned on phantoms can be anchored by coarse labels of real films.

    Parameters
    ----------
    width
        Size of the pooled features: mean and spread of the early and middle maps.
    """

    feature_mean: Tensor
    feature_spread: Tensor
    steps: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("feature_mean", torch.zeros(width))
        self.register_buffer("feature_spread", torch.ones(width))
        self.register_buffer("steps", torch.tensor([-1.5, -0.5, 0.5, 1.5]), persistent=False)
        self.score = nn.Linear(width, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(4))

    def forward(self, features: Tensor) -> Tensor:
        """Give logits of A, B, C and D, (batch, 4), from features (batch, width)."""
        standard = (features - self.feature_mean) / self.feature_spread
        logits: Tensor = self.score(standard) * self.steps + self.bias
        return logits


def density_features(maps: FeatureMaps, grey: Tensor) -> Tensor:
    """Pool what the selector reads: mean and spread inside the breast, early and middle.

    The last map, made for naming objects, did not help on real films; texture did.

    Parameters
    ----------
    maps
        Of the selector's encoder.
    grey
        The images that went in, (batch, 1, rows, columns).

    Returns
    -------
    Tensor
        (batch, 2 × early channels + 2 × middle channels).
    """
    return torch.cat(
        [mean_and_spread(part, breast_share(grey, part)) for part in (maps.early, maps.middle)],
        dim=1,
    )
