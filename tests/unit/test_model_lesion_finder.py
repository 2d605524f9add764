"""The lesion finder looks at cells of the breast, and a small lesion is not averaged away."""

import pytest
import torch

from mammovlm.model.encoders import FeatureMaps
from mammovlm.model.expert_view import expert_view
from mammovlm.model.lesion_finder import SUMMARY_WIDTH, LesionFinder

CHANNELS = (3, 4, 5)


def _levels(images: int = 1, seed: int = 0) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    sizes = ((32, 24), (16, 12), (8, 6))
    return tuple(
        torch.rand(images, channels, *size, generator=generator)
        for channels, size in zip(CHANNELS, sizes, strict=True)
    )


def _finder() -> LesionFinder:
    """One that takes the first channel of the early map for evidence, and nothing around it."""
    torch.manual_seed(0)
    finder = LesionFinder(CHANNELS).eval()
    weights = finder.state_dict()
    for name in [*weights]:
        if name.startswith(("inward", "outward")) or ".4." in name:
            weights[name] = torch.zeros_like(weights[name])
    weights["inward.1.weight"][0, 0] = 10.0
    weights["outward.weight"][0, 0] = 1.0
    weights["outward.bias"][0] = -5.0
    finder.load_state_dict(weights)
    return finder


@torch.inference_mode()
def test_one_evident_cell_decides_the_summary() -> None:
    levels = [torch.zeros_like(level) for level in _levels()]
    levels[1][0, 0, 9, 4] = 1.0
    summary = _finder()(levels, torch.ones(1, 16, 12))
    assert summary.shape == (1, SUMMARY_WIDTH)
    assert float(summary[0, 0]) == pytest.approx(5.0, abs=0.1)
    assert float(summary[0, 1]) == pytest.approx((5.0 - 7 * 5.0) / 8, abs=0.1)


@torch.inference_mode()
def test_a_speck_in_the_finest_map_reaches_its_cell() -> None:
    torch.manual_seed(1)
    finder = LesionFinder(CHANNELS).eval()
    levels = _levels()
    speck = levels[0].clone()
    speck[0, 1, 18, 8] += 5.0
    share = torch.ones(1, 16, 12)
    plain = finder.look(levels, share).evidence
    changed = finder.look((speck, *levels[1:]), share).evidence
    assert int((changed - plain).abs().argmax()) == 9 * 12 + 4


@torch.inference_mode()
def test_cells_outside_the_breast_hold_no_evidence() -> None:
    finder, levels, share = _finder(), _levels(), torch.ones(1, 16, 12)
    share[..., 6:] = 0.0
    levels[1][:, 0, :, 6:] = 100.0
    found = finder.look(levels, share)
    assert float(found.evidence[..., 6:].max()) == -30.0
    assert float(finder(levels, share)[0, 0]) < 10.0


@torch.inference_mode()
def test_reading_once_gives_the_summary_and_what_the_cells_hold() -> None:
    torch.manual_seed(4)
    finder, levels, share = LesionFinder(CHANNELS).eval(), _levels(), torch.ones(1, 16, 12)
    summary, found = finder.sum_up(finder.hidden(levels), share)
    assert torch.equal(summary, finder(levels, share))
    assert torch.equal(found.evidence, finder.look(levels, share).evidence)
    assert float(summary[0, 0]) == float(found.evidence.max())


@torch.inference_mode()
def test_an_image_without_breast_stays_finite() -> None:
    summary = _finder()(_levels(), torch.zeros(1, 16, 12))
    assert bool(torch.isfinite(summary).all())


@torch.inference_mode()
def test_what_is_seen_in_one_image_does_not_depend_on_the_others() -> None:
    torch.manual_seed(2)
    finder = LesionFinder(CHANNELS).eval()
    levels, share = _levels(images=3, seed=5), torch.ones(3, 16, 12)
    together = finder(levels, share)[1:2]
    alone = finder([level[1:2] for level in levels], share[1:2])
    assert torch.allclose(together, alone, atol=1e-5)


@torch.inference_mode()
def test_a_patch_is_read_as_the_same_part_of_the_whole_image() -> None:
    torch.manual_seed(3)
    finder = LesionFinder(CHANNELS).eval()
    levels = (torch.rand(1, 3, 128, 96), torch.rand(1, 4, 64, 48), torch.rand(1, 5, 32, 24))
    patch = [level[..., : level.shape[-2] // 2, : level.shape[-1] // 2] for level in levels]
    whole, part = finder.logits(levels), finder.logits(patch)
    # away from the cut, as far as the finder looks around
    assert torch.allclose(whole[..., :20, :12], part[..., :20, :12], atol=1e-4)


@torch.inference_mode()
def test_an_expert_offers_pools_levels_and_the_share_of_breast() -> None:
    grey = torch.zeros(2, 1, 128, 96)
    grey[..., :48] = 0.5
    levels = _levels(images=2)
    view = expert_view(FeatureMaps(levels, levels[-1]), grey)
    assert view.pools.shape == (2, 3, 5)
    assert view.share.shape == (2, 16, 12)
    assert float(view.share[..., :6].min()) == 1.0
    assert float(view.share[..., 6:].max()) == 0.0
