"""UMiCon: from an expert's feature map to the 128 numbers shared by images and texts.

Paper 3.2.2 and 4.2; four-systems A1: the output is an embedding of unit length, because with
margin 1 distances between unnormalised vectors would not reach the margin.
"""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from mammovlm.model.pooling import pooled, pooled_width
from mammovlm.model.presets import UMiConSpec


class UMiCon(nn.Module):
    """Pooling, then a perceptron of six linear layers with GELU between them.

    Parameters
    ----------
    channels
        Of the experts' last feature maps; the same for all experts, so that one UMiCon serves all.
    spec
        Pooling and widths.
    """

    def __init__(self, channels: int, spec: UMiConSpec) -> None:
        super().__init__()
        self.spec = spec
        widths = (pooled_width(channels, spec.pooling), *spec.hidden, spec.size)
        layers: list[nn.Module] = [nn.LayerNorm(widths[0], elementwise_affine=False)]
        for inward, outward in pairwise(widths):
            layers += [nn.Linear(inward, outward), nn.GELU(), nn.Dropout(spec.dropout)]
        self.perceptron = nn.Sequential(*layers[:-2])

    def pool(self, features: Tensor, share: Tensor) -> Tensor:
        """Pool a feature map inside the breast; see `mammovlm.model.pooling.pooled`."""
        return pooled(features, share, self.spec.pooling)

    def forward(self, vectors: Tensor) -> Tensor:
        """Project pooled features.

        Parameters
        ----------
        vectors
            (batch, pooled width).

        Returns
        -------
        Tensor
            (batch, 128), each row of length 1.
        """
        return functional.normalize(self.perceptron(vectors), dim=1)
