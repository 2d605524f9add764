"""A folded network says what it said before, and cannot be mistaken for one that learns."""

import pytest
import torch
from torch import nn

from mammovlm.model.encoders import create_encoder
from mammovlm.model.folded_norms import fold_batch_norms
from mammovlm.model.parts import load_parts
from mammovlm.model.presets import PRESETS, EncoderSpec
from mammovlm.settings import Settings

SPECS = {
    "an expert of compact": PRESETS["compact"].experts["convnext"],
    "the selector of compact": PRESETS["compact"].selector,
    "the selector of paper": PRESETS["paper"].selector,
}


def norms(network: nn.Module) -> list[nn.BatchNorm2d]:
    return [part for part in network.modules() if isinstance(part, nn.BatchNorm2d)]


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@torch.inference_mode()
def test_every_norm_is_folded_and_the_maps_stay_the_same(spec: EncoderSpec) -> None:
    torch.manual_seed(0)
    encoder = create_encoder(spec)
    for norm in norms(encoder):  # as after training: no norm that does nothing
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.bias, std=0.2)
        norm.running_mean.normal_(std=0.2)  # type: ignore[union-attr]
        norm.running_var.uniform_(0.5, 1.5)  # type: ignore[union-attr]
    grey = torch.rand(2, 1, 160, 128)
    before, count = encoder(grey), len(norms(encoder))
    assert fold_batch_norms(encoder) == count > 0
    assert not norms(encoder)
    after = encoder(grey)
    for old, new in zip((*before.levels, before.last), (*after.levels, after.last), strict=True):
        assert torch.allclose(old, new, atol=1e-4 * float(old.abs().max()))


def test_a_network_that_learns_is_refused() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    with pytest.raises(RuntimeError, match="evaluation mode"):
        fold_batch_norms(network)


def test_a_norm_that_follows_no_convolution_stays() -> None:
    network = nn.Sequential(nn.BatchNorm2d(2), nn.ReLU(), nn.Conv2d(2, 2, 3)).eval()
    assert fold_batch_norms(network) == 0
    assert len(norms(network)) == 1


def test_a_worker_reads_with_folded_encoders() -> None:
    parts = load_parts(Settings(device="cpu"))
    assert parts.selector is not None
    assert not norms(parts.selector.encoder)
    assert not norms(parts.moe)
