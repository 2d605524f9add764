"""Heads on the fused vector: is something there, and is it BI-RADS 4 rather than 3.

Paper 3.2.4 with the sigmoid of one logit each. A head carries an ensemble of last layers refitted
on resampled patients, for the interval, and a calibration fitted on validation patients.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from mammovlm.findings import Likelihood

SUSPICION = "suspicion"
PRESENCE = "presence"
HEAD_NAMES: tuple[str, ...] = (PRESENCE, SUSPICION)
"""In the order in which a reader asks: is something there, and is it suspicious?"""


class Head(nn.Module):
    """One binary head and its refitted copies.

    Parameters
    ----------
    width
        Of the fused vector.
    members
        Number of refitted last layers.
    """

    platt: Tensor

    def __init__(self, width: int, members: int) -> None:
        super().__init__()
        self.main = nn.Linear(width, 1)
        self.members = nn.Linear(width, members)
        self.register_buffer("platt", torch.tensor([1.0, 0.0]))

    def forward(self, fused: Tensor) -> Tensor:
        """Give logits before calibration, (…, 1 + members); the first is the head's own."""
        return torch.cat([self.main(fused), self.members(fused)], dim=-1)

    def calibrated(self, logits: Tensor) -> Tensor:
        """Apply Platt's scaling: probabilities of the same shape, 0..1."""
        return torch.sigmoid(self.platt[0] * logits + self.platt[1])

    def likelihood(self, view_logits: Tensor) -> Likelihood:
        """Combine the views of one breast: the mean of their scores (four-systems A15).

        Parameters
        ----------
        view_logits
            (views, 1 + members), of one breast.

        Returns
        -------
        Likelihood
            The head's own, between the 2.5th and the 97.5th percentile of its members once their
            mean logit is shifted onto the head's own: refits are fitted to the end, the head is
            stopped early, and that difference says nothing about other patients.
        """
        logits = view_logits.mean(0)
        centred = logits[1:] - logits[1:].mean() + logits[0]
        value = float(self.calibrated(logits[0]))
        bounds = torch.quantile(self.calibrated(centred), torch.tensor([0.025, 0.975]))
        return Likelihood(
            value=value,
            low=min(value, float(bounds[0])),
            high=max(value, float(bounds[1])),
            calibrated=True,
        )


def heads_from_tensors(width: int, tensors: Mapping[str, Tensor]) -> dict[str, Head]:
    """Build the heads that a weights file holds, by name; a head that it lacks is untrained."""
    heads = {}
    for name in HEAD_NAMES:
        own = {
            key.removeprefix(f"{name}."): tensor
            for key, tensor in tensors.items()
            if key.startswith(f"{name}.")
        }
        if own:
            head = Head(width, own["members.bias"].shape[0])
            head.load_state_dict(own)
            heads[name] = head.eval()
    return heads
